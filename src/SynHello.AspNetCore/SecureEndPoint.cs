using System.Net;

using SynHello.Tls;

namespace SynHello.AspNetCore;

/// <summary>
/// Where Kestrel is to listen through a <see cref="SecureListener"/>: its options, in the shape of an address.
/// </summary>
internal sealed class SecureEndPoint : EndPoint
{
    private SecureListenerOptions? _options;

    /// <summary>Set once, when Kestrel has said what its defaults are.</summary>
    public SecureListenerOptions Options
    {
        get => _options ?? throw new InvalidOperationException("The endpoint has no options yet.");
        set => _options = value;
    }

    /// <summary>Where the certificates come from that files hold; null where they are among the options, or nobody knows.</summary>
    public Func<IReadOnlyList<TlsCredential>?>? CertificateFiles { get; init; }

    /// <summary>The certificates that are shown now, as far as that is known.</summary>
    public IReadOnlyList<TlsCredential> Credentials() => CertificateFiles?.Invoke() ?? [.. Options.Credentials];

    /// <summary>The address, as Kestrel names it in its messages.</summary>
    public override string ToString() => _options?.ListenEndPoint?.ToString() ?? "no address";
}
