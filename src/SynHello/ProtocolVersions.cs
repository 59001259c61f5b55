using System.Security.Authentication;

using SynHello.Wire;

namespace SynHello;

/// <summary>.NET's flags for versions of TLS, and the versions themselves.</summary>
internal static class ProtocolVersions
{
    /// <summary>The versions that are meant, the newest first.</summary>
    /// <param name="protocols">TLS 1.2, TLS 1.3 or both; none means both.</param>
    /// <param name="parameter">What to name where another one is asked for.</param>
    /// <exception cref="ArgumentException">There is another one among them.</exception>
    public static IReadOnlyList<ProtocolVersion> Of(SslProtocols protocols, string parameter)
    {
        if ((protocols & ~(SslProtocols.Tls12 | SslProtocols.Tls13)) != SslProtocols.None)
            throw new ArgumentException($"Only TLS 1.2 and TLS 1.3 are spoken here, not {protocols}.", parameter);
        return protocols switch
        {
            SslProtocols.Tls12 => [ProtocolVersion.Tls12],
            SslProtocols.Tls13 => [ProtocolVersion.Tls13],
            _ => [ProtocolVersion.Tls13, ProtocolVersion.Tls12],
        };
    }

    /// <summary>The flag of a version.</summary>
    public static SslProtocols ToSslProtocols(this ProtocolVersion version) =>
        version == ProtocolVersion.Tls13 ? SslProtocols.Tls13
        : version == ProtocolVersion.Tls12 ? SslProtocols.Tls12
        : SslProtocols.None;
}
