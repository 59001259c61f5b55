using System.Net;

using SynHello.Tls;

namespace SynHello.AspNetCore;

/// <summary>
/// Where Kestrel is to listen through a <see cref="SecureListener"/>: its options, in the shape of an address.
/// </summary>
internal sealed class SecureEndPoint(SecureListenerOptions options, Func<IReadOnlyList<TlsCredential>>? credentials = null) : EndPoint
{
    public SecureListenerOptions Options { get; } = options;

    /// <summary>The certificates that are shown now, as far as that is known.</summary>
    public Func<IReadOnlyList<TlsCredential>> Credentials { get; } = credentials ?? (() => [.. options.Credentials]);

    /// <summary>The address, as Kestrel names it in its messages.</summary>
    public override string ToString() => Options.ListenEndPoint?.ToString() ?? "no address";
}
