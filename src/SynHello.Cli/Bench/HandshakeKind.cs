using System.Security.Authentication;

namespace SynHello.Cli;

/// <summary>What kind of handshake the contestants make.</summary>
/// <param name="Protocol">The TLS version.</param>
/// <param name="IsResumed">Whether each connection resumes a session; otherwise every handshake is a full one.</param>
/// <param name="IsRsa">Whether the server's key is RSA's of 2048 bits; ECDSA's P-256 otherwise.</param>
internal readonly record struct HandshakeKind(SslProtocols Protocol, bool IsResumed = false, bool IsRsa = false)
{
    public BenchIdentity Identity => IsRsa ? BenchIdentity.Rsa : BenchIdentity.Ecdsa;

    public bool IsTls12 => Protocol == SslProtocols.Tls12;

    /// <summary>Reads the kind from a benchmark's name: "tls13-full-...", "tls12-rsa-full-...", "tls13-resumed-...".</summary>
    public static HandshakeKind Of(string benchmark) => new(
        benchmark.StartsWith("tls12-", StringComparison.Ordinal) ? SslProtocols.Tls12 : SslProtocols.Tls13,
        benchmark.Contains("-resumed", StringComparison.Ordinal),
        benchmark.Contains("-rsa", StringComparison.Ordinal));
}
