using System.Security.Authentication;

using SynHello.Crypto;
using SynHello.Sockets;
using SynHello.Testing;
using SynHello.Tls;
using SynHello.Wire;

namespace SynHello.Tests;

/// <summary>A kind of connection: what its two ends are told to do.</summary>
/// <param name="Client">What the client does.</param>
/// <param name="Listener">What the listener does.</param>
internal sealed record FaultScenario(Action<SecureClientOptions> Client, Action<SecureListenerOptions> Listener)
{
    private const string Responder = "http://responder.example/";

    private static readonly TestClientAuthority _authority = new("SynHello clients");
    private static readonly TestChain _identity = _authority.Issue("alice");

    private static readonly TestChain _answered = TestCertificates.Issue(
        CertificateKind.EcdsaP256, [SecurePair.Host], extensions: TestCertificates.OcspResponders(Responder));

    public static readonly Dictionary<string, FaultScenario> All = new()
    {
        ["1.3 full"] = new(client => client.AllowResumption = false, _ => { }),
        ["1.3 asked for another hello"] = new(
            client =>
            {
                client.AllowResumption = false;
                client.Groups = [NamedGroup.X25519, NamedGroup.Secp384r1];
            },
            listener => listener.Groups = [NamedGroup.Secp384r1]),
        ["1.3 resumed"] = new(_ => { }, _ => { }),
        ["1.3 early data"] = new(_ => { }, listener => listener.MaximumEarlyData = 16_384) { IsEarly = true },
        ["1.3 early data in the SYN"] = new(
            client => client.FastOpen = FastOpenMode.Cookieless,
            listener =>
            {
                listener.FastOpen = FastOpenMode.Cookieless;
                listener.MaximumEarlyData = 16_384;
            })
        { IsEarly = true, FastOpen = FastOpenMode.Cookieless },
        ["1.3 early data, asked about elsewhere"] = new(
            _ => { },
            listener =>
            {
                listener.MaximumEarlyData = 16_384;
                listener.ReplayRegister = new ScriptedRegister(async token => await YieldAsync(true, token));
            })
        { IsEarly = true },
        ["1.3 with a client's certificate"] = new(
            client => client.Credentials = [_identity.ToCredential()], RequireCertificate),
        ["1.3 with all that can be asked"] = new(
            client =>
            {
                client.AllowResumption = false;
                client.CredentialCallback =
                    async (_, token) => await YieldAsync<IReadOnlyList<TlsCredential>>([Elsewhere(_identity)], token);
                LookUp(client);
            },
            AskForAll),
        ["1.2 full"] = new(
            client =>
            {
                client.AllowResumption = false;
                client.AllowFalseStart = false;
            },
            SpeakTls12),
        ["1.2 False Start"] = new(client => client.AllowResumption = false, SpeakTls12),
        ["1.2 resumed by ticket"] = new(_ => { }, SpeakTls12),
        ["1.2 resumed from a shared cache"] = new(
            _ => { },
            listener =>
            {
                SpeakTls12(listener);
                listener.TicketCount = 0;
                listener.SessionCache = new SlowCache();
            }),
        ["1.2 with a client's certificate"] = new(
            client => client.Credentials = [_identity.ToCredential()],
            listener =>
            {
                SpeakTls12(listener);
                RequireCertificate(listener);
            }),
        ["1.2 with all that can be asked"] = new(
            client =>
            {
                client.AllowResumption = false;
                client.CredentialCallback =
                    async (_, token) => await YieldAsync<IReadOnlyList<TlsCredential>>([Elsewhere(_identity)], token);
                LookUp(client);
            },
            listener =>
            {
                SpeakTls12(listener);
                AskForAll(listener);
            }),
    };

    /// <summary>Whether the request goes as early data.</summary>
    public bool IsEarly { get; init; }

    public FastOpenMode FastOpen { get; init; } = FastOpenMode.Off;

    private static void SpeakTls12(SecureListenerOptions listener) => listener.EnabledSslProtocols = SslProtocols.Tls12;

    private static void RequireCertificate(SecureListenerOptions listener)
    {
        listener.ClientCertificateMode = TlsClientCertificateMode.Required;
        listener.TrustedClientRoots = [_authority.Root];
    }

    /// <summary>A certificate that is chosen elsewhere, with a key elsewhere, and one of the client's.</summary>
    private static void AskForAll(SecureListenerOptions listener)
    {
        listener.Credentials = [];
        listener.CredentialCallback =
            async (_, token) => await YieldAsync<IReadOnlyList<TlsCredential>>([Elsewhere(_answered)], token);
        RequireCertificate(listener);
    }

    /// <summary>The responder is asked about the server's certificate.</summary>
    private static void LookUp(SecureClientOptions client)
    {
        client.TrustedRoots = [_answered.Root];
        client.Revocation = new RevocationOptions
        {
            Mode = RevocationMode.Online,
            FailureMode = RevocationFailureMode.HardFail,
            HttpInvoker = new ScriptedResponder
            {
                Answer = async (_, token) => await YieldAsync(
                    ScriptedResponder.Ok(new OcspResponseBuilder(_answered.Leaf, _answered.Issuer, DateTimeOffset.UtcNow).Build()), token),
            }.ToInvoker(),
        };
    }

    private static ExternalKeyCredential Elsewhere(TestChain chain)
    {
        X509Credential key = chain.ToCredential();
        return new ExternalKeyCredential([chain.Leaf, .. chain.Intermediates], async (scheme, content, token) =>
        {
            byte[] signature = new byte[key.MaximumSignatureLength];
            return await YieldAsync<ReadOnlyMemory<byte>>(
                signature.AsMemory(0, key.Sign(scheme, content.Span, signature)), token);
        });
    }

    private static async Task<T> YieldAsync<T>(T answer, CancellationToken cancellationToken)
    {
        await Task.Yield();
        cancellationToken.ThrowIfCancellationRequested();
        return answer;
    }

    private sealed class SlowCache : SharedSessionCache
    {
        private readonly System.Collections.Concurrent.ConcurrentDictionary<string, byte[]> _sessions = new();

        public override void Add(ReadOnlySpan<byte> sessionId, ReadOnlySpan<byte> session, DateTimeOffset expiresAt) =>
            _sessions[Convert.ToHexString(sessionId)] = session.ToArray();

        public override void Remove(ReadOnlySpan<byte> sessionId) => _sessions.TryRemove(Convert.ToHexString(sessionId), out _);

        public override async ValueTask<ReadOnlyMemory<byte>> FindAsync(
            ReadOnlyMemory<byte> sessionId, CancellationToken cancellationToken = default) =>
            await YieldAsync<ReadOnlyMemory<byte>>(_sessions.GetValueOrDefault(Convert.ToHexString(sessionId.Span)), cancellationToken);
    }
}
