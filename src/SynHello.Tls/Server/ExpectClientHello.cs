using System.Security.Cryptography;

using SynHello.Wire;

namespace SynHello.Tls;

/// <summary>
/// START of RFC 8446 appendix A.2: the first ClientHello, answered with the server's flight or a HelloRetryRequest.
/// </summary>
internal sealed class ExpectClientHello : HandshakeState<ServerContext>
{
    public static readonly ExpectClientHello Instance = new();

    public override HandshakeState<ServerContext> Handle(ServerContext context, in HandshakeMessage message)
    {
        ClientHello hello = ClientHello.Parse(message.Expect(HandshakeType.ClientHello));
        ClientHelloChoice.CheckForm(hello);
        if (hello.Present.Contains(ExtensionType.Cookie))
            throw new TlsProtocolException(TlsErrorCause.BadCookie, "A first ClientHello has a cookie.");

        CipherSuite suite = ClientHelloChoice.CipherSuite(context.Configuration, hello);
        NamedGroup group = ClientHelloChoice.Group(context.Configuration, hello, out ReadOnlySpan<byte> keyExchange);
        context.ChangeCipherSpecAllowed = true;
        bool earlyData = hello.Present.Contains(ExtensionType.EarlyData);
        if (keyExchange.IsEmpty)
        {
            SendRetry(context, hello, message, suite, group);
            context.EarlyDataSkip = earlyData ? EarlyDataSkip.UntilSecondClientHello : EarlyDataSkip.No;
            return ExpectSecondClientHello.Instance;
        }

        context.Transcript.Append(message.Encoded);
        context.Transcript.Start(context.Provider, CipherSuiteParameters.Of(suite).Hash);
        context.EarlyDataSkip = earlyData ? EarlyDataSkip.UntilRecordOpens : EarlyDataSkip.No;
        return ServerFlight.Send(context, hello, suite, group, keyExchange);
    }

    /// <summary>
    /// Asks for another share (RFC 8446 section 4.1.4). All that has to be remembered of the first ClientHello goes
    /// into the
    /// cookie; the connection itself keeps nothing.
    /// </summary>
    private static void SendRetry(
        ServerContext context,
        in ClientHello hello,
        in HandshakeMessage message,
        CipherSuite suite,
        NamedGroup group)
    {
        HashAlgorithmName algorithm = CipherSuiteParameters.Of(suite).Hash;
        Span<byte> helloHash = stackalloc byte[CipherSuiteParameters.Of(suite).HashLength];
        context.Provider.Hash(algorithm, message.Encoded, helloHash);
        var cookie = new HelloRetryCookie(suite, group, helloHash, ClientHelloDigest.Compute(context.Provider, message.Body));
        Span<byte> sealedCookie = stackalloc byte[HelloRetryCookie.MaximumLength];
        sealedCookie = sealedCookie[..cookie.Seal(context.Provider, context.Configuration.CookieKey, sealedCookie)];

        HelloRetryRequest.Write(context.Flight, hello.LegacySessionId, suite, group, sealedCookie);
        context.FlushFlight();
        if (!hello.LegacySessionId.IsEmpty)
            context.WriteChangeCipherSpec(); // RFC 8446 appendix D.4: right behind the first message
    }
}
