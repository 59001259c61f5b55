using System.Net.Security;

namespace SynHello;

/// <summary>
/// What a session belongs to: it is resumed only where all of it is the same. Immutable and thread-safe; two keys are
/// equal when their parts are.
/// </summary>
public sealed class SessionKey : IEquatable<SessionKey>
{
    private readonly SslApplicationProtocol[] _applicationProtocols;

    /// <summary>Makes a key.</summary>
    /// <param name="host">The host that is dialed: a name in ASCII (punycode) or an IP address.</param>
    /// <param name="port">The port that is dialed, 0 to 65,535.</param>
    /// <param name="serverName">The host that the certificate has to be for, in ASCII.</param>
    /// <param name="applicationProtocols">The application protocols that are offered, best first.</param>
    /// <param name="trustSettings">What decides whom the client trusts: a digest, or a name for it.</param>
    /// <exception cref="ArgumentException">A name is empty.</exception>
    /// <exception cref="ArgumentOutOfRangeException">The port is out of its range.</exception>
    public SessionKey(
        string host,
        int port,
        string serverName,
        IEnumerable<SslApplicationProtocol> applicationProtocols,
        string trustSettings)
    {
        ArgumentException.ThrowIfNullOrEmpty(host);
        ArgumentOutOfRangeException.ThrowIfNegative(port);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(port, ushort.MaxValue);
        ArgumentException.ThrowIfNullOrEmpty(serverName);
        ArgumentNullException.ThrowIfNull(applicationProtocols);
        ArgumentNullException.ThrowIfNull(trustSettings);
        Host = host.ToLowerInvariant();
        Port = port;
        ServerName = serverName.ToLowerInvariant();
        _applicationProtocols = [.. applicationProtocols];
        TrustSettings = trustSettings;
    }

    /// <summary>The host that is dialed, in lower case.</summary>
    public string Host { get; }

    /// <summary>The port that is dialed.</summary>
    public int Port { get; }

    /// <summary>The host that the certificate has to be for, in lower case.</summary>
    public string ServerName { get; }

    /// <summary>The application protocols that are offered, best first.</summary>
    public IReadOnlyList<SslApplicationProtocol> ApplicationProtocols => _applicationProtocols;

    /// <summary>
    /// What decides whom the client trusts, as text: another text may mean other roots, another policy or another
    /// callback, so that what was trusted under one is not under the other.
    /// </summary>
    public string TrustSettings { get; }

    /// <inheritdoc/>
    public bool Equals(SessionKey? other) =>
        other is not null
        && Port == other.Port
        && Host == other.Host
        && ServerName == other.ServerName
        && TrustSettings == other.TrustSettings
        && _applicationProtocols.AsSpan().SequenceEqual(other._applicationProtocols);

    /// <inheritdoc/>
    public override bool Equals(object? obj) => Equals(obj as SessionKey);

    /// <inheritdoc/>
    public override int GetHashCode() =>
        HashCode.Combine(Host, Port, ServerName, TrustSettings, _applicationProtocols.Length);
}
