using System.Net;

using SynHello.Crypto;

namespace SynHello.Cli.Race;

/// <summary>
/// SynHello as a server. Its one request is a GET without side effects, so it answers early data at once.
/// </summary>
internal sealed class SynHelloServer : StreamServer
{
    /// <summary>The default: as many as a client needs that goes on after a connection that broke.</summary>
    private const int Tickets = 2;

    private const int MaximumEarlyData = 16 * 1024;

    private readonly X509Credential _credential;
    private readonly SecureListener _listener;

    public SynHelloServer(RaceScheme scheme, RaceIdentity identity, IPEndPoint endPoint)
    {
        _credential = X509Credential.FromCertificate(identity.Certificate, identity.Intermediates);
        _listener = new SecureListener(new SecureListenerOptions
        {
            ListenEndPoint = endPoint,
            Credentials = [_credential],
            FastOpen = scheme.FastOpen,
            EnabledSslProtocols = scheme.Protocol,
            TicketCount = scheme.Resumes && !scheme.TakesNoTickets ? Tickets : 0,
            SessionCache = scheme.TakesNoTickets ? new SessionIdCache() : null,
            MaximumEarlyData = scheme.SendsEarlyData ? MaximumEarlyData : 0,
            RecordSizing = RecordSizing.Full, // as the peers': the response is told from tickets by its record's length
        });
        if (_listener.FastOpenLimitation is { } limitation)
            throw new RaceException(limitation);
    }

    protected override async ValueTask<Func<CancellationToken, ValueTask<Stream>>> AcceptAsync(
        CancellationToken cancellationToken)
    {
        // Handshakes are made beside each other by the listener itself.
        SecureStream stream = await _listener.AcceptAsync(cancellationToken);
        return _ => ValueTask.FromResult<Stream>(stream);
    }

    protected override async ValueTask ReadRequestAsync(
        Stream stream, Memory<byte> request, CancellationToken cancellationToken)
    {
        var secure = (SecureStream)stream;
        while (!request.IsEmpty)
        {
            int count = await secure.ReadEarlyDataAsync(request, cancellationToken);
            if (count == 0)
                break;
            request = request[count..];
        }

        await secure.ReadExactlyAsync(request, cancellationToken);
    }

    protected override async ValueTask CloseAsync()
    {
        await _listener.DisposeAsync();
        _credential.Dispose();
    }
}
