using System.Net;

namespace SynHello.AspNetCore;

/// <summary>
/// Where Kestrel is to listen through a <see cref="SecureListener"/>: its options, in the shape of an address.
/// </summary>
internal sealed class SecureEndPoint(SecureListenerOptions options, string? name = null) : EndPoint
{
    public SecureListenerOptions Options { get; } = options;

    /// <summary>What the configuration calls it; null where it comes from code.</summary>
    public string? Name { get; } = name;

    /// <summary>The address, as Kestrel names it in its messages.</summary>
    public override string ToString() => Options.ListenEndPoint?.ToString() ?? "no address";
}
