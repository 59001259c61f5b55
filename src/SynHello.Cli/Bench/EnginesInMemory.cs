using System.Buffers;
using System.Security.Cryptography.X509Certificates;

using SynHello.Crypto;
using SynHello.Tls;
using SynHello.Wire;

namespace SynHello.Cli;

/// <summary>
/// Two of this stack's engines, fed from each other's buffers. The chain is built each time, as SslStream does it, unless another
/// verification is given.
/// </summary>
/// <param name="resumes">Whether each connection resumes a session; otherwise every handshake is a full one.</param>
/// <param name="credential">What the server shows; null for what all contestants show.</param>
/// <param name="verify">Says whether the client takes the server; null has the chain built.</param>
/// <param name="isTls12">Whether TLS 1.2 is spoken.</param>
internal sealed class EnginesInMemory(
    bool resumes, TlsCredential? credential = null, Func<TlsNegotiation, bool>? verify = null, bool isTls12 = false) : PairContestant
{
    private readonly X509ChainPolicy _policy = BenchIdentity.CreateChainPolicy();
    private readonly Queue<TlsSession> _sessions = [];
    private readonly ArrayBufferWriter<byte> _toServer = new(4096);
    private readonly ArrayBufferWriter<byte> _toClient = new(4096);
    private readonly ArrayBufferWriter<byte> _plaintext = new();

    private readonly TlsClientConfiguration _client = new(DefaultCryptoProvider.Instance)
    {
        TimeProvider = resumes ? TimeProvider.System : null,
        Versions = [isTls12 ? ProtocolVersion.Tls12 : ProtocolVersion.Tls13],
    };

    private readonly TlsServerConfiguration _server = new(DefaultCryptoProvider.Instance, [credential ?? BenchIdentity.Credential])
    {
        Versions = [isTls12 ? ProtocolVersion.Tls12 : ProtocolVersion.Tls13],
        Resumption = resumes ? new TlsServerResumption(new SessionTicketKeyRing(), TimeProvider.System) : null,
    };

    public override Task PrepareAsync(CancellationToken cancellationToken)
    {
        if (resumes)
            Run();
        return Task.CompletedTask;
    }

    public override Task ConnectAndCloseAsync(CancellationToken cancellationToken)
    {
        Require(Run() == resumes, $"SynHello has {(resumes ? "not " : "")}resumed a session");
        return Task.CompletedTask;
    }

    public override ValueTask DisposeAsync() => ValueTask.CompletedTask;

    /// <summary>Sets a connection up and takes it down again.</summary>
    /// <returns>Whether a session was resumed.</returns>
    private bool Run()
    {
        using var client = new TlsClientEngine(_client, Host);
        using var server = new TlsServerEngine(_server);
        _ = _sessions.TryDequeue(out TlsSession? session);
        client.Start(new TlsClientStart { Session = session }, _toServer);
        Carry(_toServer, server, _toClient);
        Carry(_toClient, client, _toServer);
        Carry(_toServer, server, _toClient);
        Carry(_toClient, client, _toServer); // in TLS 1.2 the server has the last word of a full handshake
        Carry(_toServer, server, _toClient);
        Require(client.IsHandshakeComplete && server.IsHandshakeComplete, "the handshake is not complete");
        _sessions.Clear(); // what is left of the session before is not as fresh
        while (client.TryReadSession(out session))
            _sessions.Enqueue(session);
        client.SendCloseNotify(_toServer);
        Carry(_toServer, server, _toClient);
        server.SendCloseNotify(_toClient);
        Carry(_toClient, client, _toServer);
        return client.Negotiated.IsResumed && server.Negotiated.IsResumed;
    }

    /// <summary>Hands over what one end has sent; what the other one answers waits in its buffer.</summary>
    private void Carry(ArrayBufferWriter<byte> input, TlsEngine receiver, ArrayBufferWriter<byte> output)
    {
        ReadOnlySpan<byte> bytes = input.WrittenSpan;
        bool isAsked;
        do
        {
            isAsked = false;
            bytes = bytes[receiver.Receive(bytes, _plaintext, output)..];
            while (receiver.TryRead(out TlsEvent tlsEvent))
            {
                if (tlsEvent != TlsEvent.NeedCertificateVerdict)
                    continue;
                TlsNegotiation negotiated = receiver.Negotiated;
                Require(verify is null ? IsTrusted(negotiated) : verify(negotiated), "the chain is not trusted");
                ((TlsClientEngine)receiver).AcceptCertificate();
                isAsked = true;
            }
        }
        while (isAsked);

        input.ResetWrittenCount();
    }

    private bool IsTrusted(TlsNegotiation negotiated)
    {
        using X509Certificate2 certificate = X509CertificateLoader.LoadCertificate(negotiated.PeerCertificates[0].Span);
        using var chain = new X509Chain { ChainPolicy = _policy.Clone() };
        return chain.Build(certificate) && certificate.MatchesHostname(Host);
    }
}
