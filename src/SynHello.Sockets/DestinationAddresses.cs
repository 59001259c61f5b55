using System.Net;
using System.Net.Sockets;

namespace SynHello.Sockets;

/// <summary>
/// The addresses of a destination in the order in which they are dialed: the families take turns, IPv6 first (RFC 8305
/// section 4), and addresses that are resolved late still find their place. Not thread-safe.
/// </summary>
internal sealed class DestinationAddresses
{
    /// <summary>How long the IPv6 addresses are waited for when the others are there (RFC 8305 section 3).</summary>
    public static readonly TimeSpan ResolutionDelay = TimeSpan.FromMilliseconds(50);

    private readonly int _port;
    private readonly Queue<IPAddress> _v6 = [];
    private readonly Queue<IPAddress> _v4 = [];
    private readonly List<Task<ResolvedAddresses>> _asked = [];
    private Exception? _failure;
    private AddressFamily _last = AddressFamily.InterNetwork;

    private DestinationAddresses(int port) => _port = port;

    /// <summary>Asks for the addresses of one family. What goes wrong is in the task's result.</summary>
    public delegate Task<IPAddress[]> Resolver(string host, AddressFamily family, CancellationToken cancellationToken);

    /// <summary>Whether an address is there that was not taken yet.</summary>
    public bool HasNext => _v6.Count + _v4.Count > 0;

    /// <summary>Completes when more addresses may be there; null when no more will come.</summary>
    public Task? Pending => _asked.Count == 0 ? null : _asked[0];

    /// <summary>One address.</summary>
    public static DestinationAddresses Of(IPEndPoint endPoint)
    {
        var addresses = new DestinationAddresses(endPoint.Port);
        addresses.Add(endPoint.Address);
        return addresses;
    }

    /// <summary>Resolves a name as far as it takes to begin.</summary>
    /// <exception cref="SocketException">It has no address.</exception>
    public static async ValueTask<DestinationAddresses> ResolveAsync(
        DnsEndPoint name, Resolver resolver, TimeProvider clock, CancellationToken cancellationToken)
    {
        var addresses = new DestinationAddresses(name.Port);
        if (name.AddressFamily != AddressFamily.InterNetwork && Socket.OSSupportsIPv6)
            addresses._asked.Add(AskAsync(resolver, name.Host, AddressFamily.InterNetworkV6, cancellationToken));
        if (name.AddressFamily != AddressFamily.InterNetworkV6)
            addresses._asked.Add(AskAsync(resolver, name.Host, AddressFamily.InterNetwork, cancellationToken));
        do
        {
            await Task.WhenAny(addresses._asked).ConfigureAwait(false);
            addresses.Update();
        }
        while (!addresses.HasNext && addresses._asked.Count > 0);

        cancellationToken.ThrowIfCancellationRequested();
        if (!addresses.HasNext) throw addresses._failure ?? new SocketException((int)SocketError.HostNotFound);

        if (addresses is { _v6.Count: 0, Pending: { } others })
        {
            await others.WaitAsync(ResolutionDelay, clock, cancellationToken)
                .ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            addresses.Update();
        }

        return addresses;
    }

    /// <summary>Takes the next address.</summary>
    public bool TryTake([System.Diagnostics.CodeAnalysis.NotNullWhen(true)] out IPEndPoint? endPoint)
    {
        (Queue<IPAddress> first, Queue<IPAddress> second) =
            _last == AddressFamily.InterNetwork ? (_v6, _v4) : (_v4, _v6);
        endPoint = null;
        if (!first.TryDequeue(out IPAddress? address) && !second.TryDequeue(out address)) return false;

        _last = address.AddressFamily;
        endPoint = new IPEndPoint(address, _port);
        return true;
    }

    private static async Task<ResolvedAddresses> AskAsync(
        Resolver resolver, string host, AddressFamily family, CancellationToken cancellationToken)
    {
        try
        {
            return new(await resolver(host, family, cancellationToken).ConfigureAwait(false), Failure: null);
        }
        catch (Exception e)
        {
            return new([], e);
        }
    }

    /// <summary>Takes in what was resolved meanwhile.</summary>
    public void Update()
    {
        for (int i = _asked.Count - 1; i >= 0; i--)
        {
            if (!_asked[i].IsCompletedSuccessfully) continue;

            ResolvedAddresses answer = _asked[i].Result;
            _asked.RemoveAt(i);
            _failure ??= answer.Failure;
            foreach (IPAddress address in answer.Addresses) Add(address);
        }
    }

    private void Add(IPAddress address)
    {
        // Over the wire an IPv4-mapped address is IPv4, and .NET's IPv6 sockets do not speak it by default.
        if (address.IsIPv4MappedToIPv6) address = address.MapToIPv4();
        (address.AddressFamily == AddressFamily.InterNetworkV6 ? _v6 : _v4).Enqueue(address);
    }

    private readonly record struct ResolvedAddresses(IPAddress[] Addresses, Exception? Failure);
}
