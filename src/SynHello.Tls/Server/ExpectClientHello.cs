using System.Net.Security;
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
        if (ClientHelloChoice.Version(context.Configuration, hello) == ProtocolVersion.Tls12)
        {
            message.ExpectEndOfFlight();
            return Tls12ServerFlight.Begin(context, hello, message.Encoded);
        }

        ClientHelloChoice.CheckForm(hello);
        if (hello.Present.Contains(ExtensionType.Cookie))
            throw new TlsProtocolException(TlsErrorCause.BadCookie, "A first ClientHello has a cookie.");

        TlsServerConfiguration configuration = context.Configuration;
        CipherSuite suite = ClientHelloChoice.CipherSuite(configuration, hello);
        context.ChangeCipherSpecAllowed = true;
        bool hasShare = ClientHelloChoice.TryShare(configuration, hello, out NamedGroup group, out ReadOnlySpan<byte> keyExchange);
        SslApplicationProtocol protocol = ClientHelloChoice.ApplicationProtocol(configuration, hello);
        ResumedSession? session = SessionChoice.Find(context, hello, message.Encoded, protocol, suite: null, hasShare);
        context.Session = session;
        bool earlyData = hello.Present.Contains(ExtensionType.EarlyData);
        if (!hasShare && session is null)
        {
            group = ClientHelloChoice.Group(configuration, hello, out _);
            message.ExpectEndOfFlight();
            SendRetry(context, hello, message, suite, group);
            context.EarlyDataSkip = earlyData ? EarlyDataSkip.UntilSecondClientHello : EarlyDataSkip.No;
            return ExpectSecondClientHello.Instance;
        }

        suite = session?.CipherSuite ?? suite;
        context.Transcript.Append(message.Encoded);
        context.Transcript.Start(context.Provider, CipherSuiteParameters.Of(suite).Hash);
        if (session?.EarlyData is not null)
        {
            context.PendingClientHello = message.Encoded.ToArray();
            context.EarlyDataAttempt = session.EarlyData;
            context.IsQuestionOpen = true;
            context.ReadKeyChanged = true; // whatever the answer: nothing may follow the ClientHello under the same keys
            context.Raise(TlsEvent.NeedEarlyDataVerdict);
            return ExpectEarlyDataVerdict.Instance;
        }

        context.EarlyDataSkip = earlyData ? EarlyDataSkip.UntilRecordOpens : EarlyDataSkip.No;
        return ServerFlight.Send(context, message.Encoded, hello, suite, group, keyExchange);
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
