using System.Security.Authentication;

using SynHello.Sockets;

namespace SynHello.Cli.Race;

/// <summary>One way to set up a secure connection.</summary>
/// <param name="Name">What people call it; stable, because scripts read it.</param>
/// <param name="IsSynHello">Whether both ends are SynHello; otherwise both are SslStream.</param>
/// <param name="Protocol">The TLS version.</param>
/// <param name="FastOpen">What is asked of TCP Fast Open.</param>
internal sealed record RaceScheme(string Name, bool IsSynHello, SslProtocols Protocol, FastOpenMode FastOpen)
{
    /// <summary>Every scheme, in the order of the table.</summary>
    public static IReadOnlyList<RaceScheme> All { get; } =
    [
        new("SslStream TLS 1.2", IsSynHello: false, SslProtocols.Tls12, FastOpenMode.Off),
        new("SslStream TLS 1.3", IsSynHello: false, SslProtocols.Tls13, FastOpenMode.Off),
        new("SslStream TLS 1.3, Fast Open with a cookie", IsSynHello: false, SslProtocols.Tls13, FastOpenMode.Cookie),
        new("SynHello TLS 1.3, plain TCP", IsSynHello: true, SslProtocols.Tls13, FastOpenMode.Off),
        new("SynHello TLS 1.3, Fast Open with a cookie", IsSynHello: true, SslProtocols.Tls13, FastOpenMode.Cookie),
        new("SynHello TLS 1.3, cookieless", IsSynHello: true, SslProtocols.Tls13, FastOpenMode.Cookieless),
    ];

    public string Stack => IsSynHello ? "SynHello" : "SslStream";

    /// <summary>
    /// Whether the client has been to this server before and profits from it: it holds the server's Fast Open cookie.
    /// The TLS handshake is a full one in every scheme.
    /// </summary>
    public bool IsReturningVisit => FastOpen == FastOpenMode.Cookie;

    /// <summary>The TLS version's number.</summary>
    public string Tls => Protocol == SslProtocols.Tls12 ? "1.2" : "1.3";
}
