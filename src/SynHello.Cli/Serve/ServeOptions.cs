using System.Net;
using System.Security.Authentication;

using SynHello.Sockets;

namespace SynHello.Cli;

/// <summary>What was asked of serve.</summary>
internal sealed record ServeOptions
{
    public required IPEndPoint EndPoint { get; init; }

    /// <summary>Pairs of PEM files, the preferred one first.</summary>
    public required IReadOnlyList<(string Certificate, string Key)> Credentials { get; init; }

    public string? Root { get; init; }

    public SslProtocols Tls { get; init; }

    public FastOpenMode FastOpen { get; init; }

    /// <summary>The most bytes of early data that are taken of a connection; 0 for none.</summary>
    public int EarlyDataBytes { get; init; }

    /// <summary>A PEM file with the authorities that clients' certificates have to come from; null where none is asked for.</summary>
    public string? ClientCaFile { get; init; }

    /// <summary>Whether OCSP responses are fetched, to be shown with the certificates.</summary>
    public bool StaplesOcsp { get; init; }

    /// <summary>Where they are kept across restarts; null for nowhere.</summary>
    public string? OcspDirectory { get; init; }

    public string? KeyLogFile { get; init; }

    public TimeSpan? HandshakeTimeout { get; init; }

    public bool Verbose { get; init; }
}
