using System.Net.Security;
using System.Security.Cryptography;

using SynHello.Wire;

namespace SynHello.Tls;

/// <summary>The ClientHello behind a HelloRetryRequest. What the first one held comes back in the cookie.</summary>
internal sealed class ExpectSecondClientHello : HandshakeState<ServerContext>
{
    public static readonly ExpectSecondClientHello Instance = new();

    public override HandshakeState<ServerContext> Handle(ServerContext context, in HandshakeMessage message)
    {
        ClientHello hello = ClientHello.Parse(message.Expect(HandshakeType.ClientHello));
        ClientHelloChoice.CheckForm(hello);
        if (!hello.Present.Contains(ExtensionType.Cookie))
            throw new TlsProtocolException(TlsErrorCause.BadCookie, "The second ClientHello has no cookie.");

        HelloRetryCookie cookie = HelloRetryCookie.Open(context.Provider, context.Configuration.CookieKey, hello.Cookie);
        byte[] digest = ClientHelloDigest.Compute(context.Provider, message.Body);
        if (!CryptographicOperations.FixedTimeEquals(digest, cookie.Digest))
        {
            throw new TlsProtocolException(
                TlsErrorCause.ChangedClientHello,
                "The second ClientHello differs from the first in what must stay.");
        }

        if (hello.Present.Contains(ExtensionType.EarlyData))
        {
            throw new TlsProtocolException(
                TlsErrorCause.ChangedClientHello,
                "The second ClientHello still offers early data.");
        }

        KeyShareList.Enumerator shares = hello.KeyShares.GetEnumerator();
        bool isAsked = shares.MoveNext() && shares.Current.Group == cookie.Group;
        ReadOnlySpan<byte> keyExchange = isAsked ? shares.Current.KeyExchange : default;
        if (!isAsked || shares.MoveNext())
        {
            throw new TlsProtocolException(
                TlsErrorCause.ChangedClientHello,
                "The second ClientHello does not hold the one share that was asked for.");
        }

        context.Negotiated.HelloRetryRequested = true;
        context.Transcript.AppendMessageHash(cookie.ClientHelloHash);
        using (var retry = new TlsWriter())
        {
            HelloRetryRequest.Write(retry, hello.LegacySessionId, cookie.Suite, cookie.Group, hello.Cookie);
            context.Transcript.Append(retry.Written);
        }

        SslApplicationProtocol protocol = ClientHelloChoice.ApplicationProtocol(context.Configuration, hello);
        context.Session = SessionChoice.Find(context, hello, message.Encoded, protocol, cookie.Suite, canAgreeOnKey: true);
        context.Transcript.Append(message.Encoded);
        context.Transcript.Start(context.Provider, CipherSuiteParameters.Of(cookie.Suite).Hash);
        return ServerFlight.Send(context, message.Encoded, hello, cookie.Suite, cookie.Group, keyExchange);
    }
}
