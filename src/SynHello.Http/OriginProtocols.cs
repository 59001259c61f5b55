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

    private readonly ConcurrentDictionary<Origin, (bool IsHttp2, long Since)> _choices = new();

    /// <summary>What the server chose the last time; null when that is not known, or too long ago.</summary>
    public SslApplicationProtocol? this[Origin origin] => !_choices.TryGetValue(origin, out (bool IsHttp2, long Since) choice)
        ? null
        : choice.IsHttp2 ? SslApplicationProtocol.Http2
        : timeProvider.GetElapsedTime(choice.Since) < s_http11Time ? SslApplicationProtocol.Http11
        : null;

    /// <summary>Remembers what the server has chosen.</summary>
    public void Set(Origin origin, bool isHttp2)
    {
        if (_choices.Count >= Capacity)
            _choices.Clear(); // it costs each of them one request that is not early
        _choices[origin] = (isHttp2, timeProvider.GetTimestamp());
    }
}
