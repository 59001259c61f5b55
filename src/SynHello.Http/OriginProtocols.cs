using System.Collections.Concurrent;
using System.Net.Security;

namespace SynHello.Http;

/// <summary>
/// Which application protocol servers chose when they were offered both. Bounded; thread-safe.
/// </summary>
internal sealed class OriginProtocols(TimeProvider timeProvider)
{
    private const int Capacity = 4096;

    /// <summary>How long a choice of HTTP/1.1 stands before HTTP/2 is offered again.</summary>
    private static readonly TimeSpan s_http11Time = TimeSpan.FromMinutes(10);

    private readonly ConcurrentDictionary<Origin, (SslApplicationProtocol? Choice, long Since)> _choices = new();

    /// <summary>Whether there is something to go by, and no other source is to be looked at.</summary>
    /// <param name="origin">Where a connection leads to.</param>
    /// <param name="protocol">What the server chose the last time; null where it is to be asked.</param>
    public bool TryFind(Origin origin, out SslApplicationProtocol? protocol)
    {
        bool isKnown = _choices.TryGetValue(origin, out (SslApplicationProtocol? Choice, long Since) known);
        bool isOver = known.Choice == SslApplicationProtocol.Http11 && timeProvider.GetElapsedTime(known.Since) >= s_http11Time;
        protocol = isOver ? null : known.Choice;
        return isKnown;
    }

    /// <summary>Remembers what the server has chosen.</summary>
    public void Set(Origin origin, bool isHttp2) => Set(origin, isHttp2 ? SslApplicationProtocol.Http2 : SslApplicationProtocol.Http11);

    /// <summary>Has the server asked before anything is sent to it, whatever it chose before.</summary>
    public void Ask(Origin origin) => Set(origin, choice: null);

    private void Set(Origin origin, SslApplicationProtocol? choice)
    {
        if (_choices.Count >= Capacity)
            _choices.Clear(); // it costs each of them one request that is not early
        _choices[origin] = (choice, timeProvider.GetTimestamp());
    }
}
