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
/// <param name="kind">What kind of handshake is made.</param>
/// <param name="credential">What the server shows; null for what all contestants show.</param>
/// <param name="verify">Says whether the client takes the server; null has the chain built.</param>
internal sealed class EnginesInMemory(
    HandshakeKind kind, TlsCredential? credential = null, Func<TlsNegotiation, bool>? verify = null) : InMemoryContestant
{
    private readonly X509ChainPolicy _policy = kind.Identity.CreateChainPolicy();
    private readonly Queue<TlsSession> _sessions = [];
    private readonly ArrayBufferWriter<byte> _toServer = new(4096);
    private readonly ArrayBufferWriter<byte> _toClient = new(4096);
    private readonly ArrayBufferWriter<byte> _plaintext = new();

    private readonly TlsClientConfiguration _client = new(DefaultCryptoProvider.Instance)
    {
        TimeProvider = kind.IsResumed ? TimeProvider.System : null,
        Versions = [kind.IsTls12 ? ProtocolVersion.Tls12 : ProtocolVersion.Tls13],
    };

    private readonly TlsServerConfiguration _server = new(DefaultCryptoProvider.Instance, [credential ?? kind.Identity.Credential])
    {
        Versions = [kind.IsTls12 ? ProtocolVersion.Tls12 : ProtocolVersion.Tls13],
        Resumption = kind.IsResumed ? new TlsServerResumption(new SessionTicketKeyRing(), TimeProvider.System) : null,
    };

    public override Task PrepareAsync(CancellationToken cancellationToken)
    {
        if (kind.IsResumed)
            Run();
        return Task.CompletedTask;
    }

    public override Task ConnectAndCloseAsync(CancellationToken cancellationToken)
    {
        Require(Run() == kind.IsResumed, $"SynHello has {(kind.IsResumed ? "not " : "")}resumed a session");
        return Task.CompletedTask;
    }

    /// <summary>Sets a connection up and takes it down again.</summary>
    /// <returns>Whether a session was resumed.</returns>
    private bool Run()
    {
        BeginTurn();
        var client = new TlsClientEngine(_client, Host);
        _ = _sessions.TryDequeue(out TlsSession? session);
        client.Start(new TlsClientStart { Session = session }, _toServer);
        EndClientsTurn();
        var server = new TlsServerEngine(_server);
        CarryToServer(server);
        CarryToClient(client);
        CarryToServer(server);
        CarryToClient(client); // in TLS 1.2 the server has the last word of a full handshake
        CarryToServer(server);
        Require(client.IsHandshakeComplete && server.IsHandshakeComplete, "the handshake is not complete");
        bool isResumed = client.Negotiated.IsResumed && server.Negotiated.IsResumed;
        BeginTurn();
        _sessions.Clear(); // what is left of the session before is not as fresh
        while (client.TryReadSession(out session))
            _sessions.Enqueue(session);
        client.SendCloseNotify(_toServer);
        EndClientsTurn();
        CarryToServer(server);
        server.SendCloseNotify(_toClient);
        EndServersTurn();
        CarryToClient(client);
        client.Dispose();
        EndClientsTurn();
        server.Dispose();
        EndServersTurn();
        return isResumed;
    }

    private void CarryToServer(TlsServerEngine server)
    {
        Carry(_toServer, server, _toClient);
        EndServersTurn();
    }

    private void CarryToClient(TlsClientEngine client)
    {
        Carry(_toClient, client, _toServer);
        EndClientsTurn();
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
