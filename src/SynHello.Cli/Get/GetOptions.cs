using System.Net.Security;
using System.Security.Authentication;

using SynHello.Sockets;

namespace SynHello.Cli;

/// <summary>What was asked of get.</summary>
internal sealed record GetOptions
{
    public required Uri Url { get; init; }

    public string? CaCertificateFile { get; init; }

    /// <summary>The certificate to show to a server that asks for one; null for none.</summary>
    public string? CertificateFile { get; init; }

    /// <summary>The file with its private key.</summary>
    public string? KeyFile { get; init; }

    /// <summary>How it is found out whether the server's certificates were revoked.</summary>
    public RevocationMode Revocation { get; init; } = RevocationMode.Staple;

    public SslProtocols Tls { get; init; }

    public FastOpenMode FastOpen { get; init; }

    /// <summary>Whether the request goes as early data where a session allows it.</summary>
    public bool EarlyData { get; init; }

    /// <summary>Where sessions are kept from one run to the next; null keeps none.</summary>
    public string? SessionFile { get; init; }

    public SslApplicationProtocol[] ApplicationProtocols { get; init; } = [];

    public string? KeyLogFile { get; init; }

    public bool Insecure { get; init; }

    public bool Json { get; init; }

    public bool Verbose { get; init; }

    public TimeSpan? Timeout { get; init; }
}
