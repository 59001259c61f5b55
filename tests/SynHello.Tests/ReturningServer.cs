using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using System.Security.Cryptography;

using SynHello.Crypto;
using SynHello.Sockets;
using SynHello.Sockets.Tests;
using SynHello.Testing;
using SynHello.Tls;
using SynHello.Wire;

namespace SynHello.Tests;

/// <summary>A server made of bare engines, which gives out tickets and does with early data what the test wants.</summary>
internal sealed class ReturningServer : IDisposable
{
    private readonly FastOpenListener _listener;
    private TestTickets _tickets = new();

    public ReturningServer(FastOpenMode fastOpen = FastOpenMode.Off) => _listener = new FastOpenListener(
        PrivateNetwork.NextEndPoint(AddressFamily.InterNetwork), new FastOpenListenerOptions { Mode = fastOpen });

    public IPEndPoint EndPoint => _listener.LocalEndPoint;

    public int MaximumEarlyData { get; set; } = 16384;

    public int TicketCount { get; set; } = 2;

    public TimeSpan TicketLifetime { get; set; } = TimeSpan.FromHours(12);

    public TimeProvider Clock { get; set; } = TimeProvider.System;

    /// <summary>What is answered to early data that could be taken.</summary>
    public bool TakesEarlyData { get; set; } = true;

    public IReadOnlyList<SslApplicationProtocol> Protocols { get; set; } = [];

    public IReadOnlyList<NamedGroup> Groups { get; set; } = DefaultCryptoProvider.Instance.Groups;

    public Guid ReplayScope { get; set; } = Guid.NewGuid();

    /// <summary>Accepts a connection and answers its hello.</summary>
    public async Task<ServerVisit> AcceptAsync()
    {
        AcceptedSocket accepted = await _listener.AcceptAsync(TestContext.Current.CancellationToken).Guarded();
        var configuration = new TlsServerConfiguration(
            DefaultCryptoProvider.Instance, [TestCertificates.Shared(CertificateKind.EcdsaP256).ToCredential()])
        {
            ApplicationProtocols = Protocols,
            Groups = Groups,
            Resumption = new TlsServerResumption(_tickets, Clock)
            {
                MaximumEarlyData = MaximumEarlyData,
                TicketCount = TicketCount,
                TicketLifetime = TicketLifetime,
                ReplayScope = ReplayScope,
            },
        };
        return new ServerVisit(accepted, new TlsServerEngine(configuration), TakesEarlyData);
    }

    /// <summary>A whole visit that only fetches tickets.</summary>
    public async Task VisitAsync(SecureClient client)
    {
        Task<ServerVisit> accepting = AcceptAsync();
        ValueTask<SecureStream> connecting = client.ConnectAsync(EndPoint, SecurePair.Host, TestContext.Current.CancellationToken);
        using ServerVisit visit = await accepting;
        await visit.AnswerAsync();
        await using SecureStream stream = await connecting.Guarded();
        await stream.FlushAsync(TestContext.Current.CancellationToken);
        await visit.CompleteHandshakeAsync();
    }

    /// <summary>Draws another key: no ticket that was given out so far can be opened.</summary>
    public void ForgetTickets()
    {
        _tickets.Dispose();
        _tickets = new TestTickets();
    }

    public void Dispose()
    {
        _listener.Dispose();
        _tickets.Dispose();
    }

    private sealed class TestTickets : SessionTicketProtector, IDisposable
    {
        private readonly AesGcm _aead = new(RandomNumberGenerator.GetBytes(16), 16);
        private readonly Lock _lock = new();

        public override int MaximumOverhead => 28;

        public override int Seal(ReadOnlySpan<byte> content, Span<byte> ticket)
        {
            RandomNumberGenerator.Fill(ticket[..12]);
            lock (_lock)
                _aead.Encrypt(ticket[..12], content, ticket.Slice(28, content.Length), ticket.Slice(12, 16));
            return content.Length + MaximumOverhead;
        }

        public override bool TryOpen(ReadOnlySpan<byte> ticket, Span<byte> content, out int length)
        {
            length = ticket.Length - MaximumOverhead;
            if (length < 0)
                return false;
            try
            {
                lock (_lock)
                    _aead.Decrypt(ticket[..12], ticket[28..], ticket.Slice(12, 16), content[..length]);
                return true;
            }
            catch (AuthenticationTagMismatchException)
            {
                return false;
            }
        }

        public void Dispose() => _aead.Dispose();
    }
}
