using System.Security.Authentication;

using SynHello.Wire;

namespace SynHello;

/// <summary>.NET's names of the protocol versions, and the engine's.</summary>
internal static class ProtocolVersions
{
    /// <summary>The versions in the engine's terms.</summary>
    /// <exception cref="ArgumentException">None is enabled, or one that is not spoken here.</exception>
    public static IReadOnlyList<ProtocolVersion> Of(SslProtocols enabled)
    {
        const SslProtocols Spoken = SslProtocols.Tls12 | SslProtocols.Tls13;
        if (enabled == SslProtocols.None || (enabled & ~Spoken) != SslProtocols.None)
            throw new ArgumentException("EnabledSslProtocols are TLS 1.2, TLS 1.3 or both.", nameof(enabled));
        List<ProtocolVersion> versions = [];
        if (enabled.HasFlag(SslProtocols.Tls13))
            versions.Add(ProtocolVersion.Tls13);
        if (enabled.HasFlag(SslProtocols.Tls12))
            versions.Add(ProtocolVersion.Tls12);
        return versions;
    }
}
