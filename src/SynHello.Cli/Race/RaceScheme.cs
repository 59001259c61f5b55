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
        SslStream("SslStream TLS 1.2", SslProtocols.Tls12) with { PlaceInPicture = 1 },
        SslStream("SslStream TLS 1.3", SslProtocols.Tls13) with { PlaceInPicture = 2 },
        SslStream("SslStream TLS 1.3, Fast Open with a cookie", SslProtocols.Tls13) with
        {
            FastOpen = FastOpenMode.Cookie,
        },
        SslStream("SslStream TLS 1.3, resumed", SslProtocols.Tls13) with { Resumes = true, PlaceInPicture = 4 },
        SynHello("SynHello TLS 1.3, plain TCP", FastOpenMode.Off),
        SynHello("SynHello TLS 1.3, Fast Open with a cookie", FastOpenMode.Cookie),
        SynHello("SynHello TLS 1.3, cookieless", FastOpenMode.Cookieless) with { PlaceInPicture = 3 },
        SynHello("SynHello TLS 1.3, resumed, plain TCP", FastOpenMode.Off) with { Resumes = true },
        EarlyData("SynHello TLS 1.3, early data, plain TCP", FastOpenMode.Off) with { PlaceInPicture = 5 },
        EarlyData("SynHello TLS 1.3, early data in the SYN, with a cookie", FastOpenMode.Cookie) with
        {
            PlaceInPicture = 6,
        },
        EarlyData("SynHello TLS 1.3, early data in the SYN, cookieless", FastOpenMode.Cookieless),
        Tls12("SynHello TLS 1.2, plain TCP", FastOpenMode.Off),
        Tls12("SynHello TLS 1.2, cookieless", FastOpenMode.Cookieless),
        Tls12("SynHello TLS 1.2, False Start, plain TCP", FastOpenMode.Off) with { MakesFalseStart = true },
        Tls12("SynHello TLS 1.2, False Start, cookieless", FastOpenMode.Cookieless) with { MakesFalseStart = true },
        Tls12("SynHello TLS 1.2, session ID, plain TCP", FastOpenMode.Off) with { Resumes = true, TakesNoTickets = true },
        Tls12("SynHello TLS 1.2, session ID, cookieless", FastOpenMode.Cookieless) with { Resumes = true, TakesNoTickets = true },
        Tls12("SynHello TLS 1.2, ticket, plain TCP", FastOpenMode.Off) with { Resumes = true },
        Tls12("SynHello TLS 1.2, ticket, cookieless", FastOpenMode.Cookieless) with { Resumes = true },
        SslStream("HttpClient to Kestrel", SslProtocols.Tls13) with { Resumes = true, IsHttp = true },
        EarlyData("HttpClient over SynHello to Kestrel over SynHello", FastOpenMode.Cookie) with { IsHttp = true },
    ];

    public string Stack => IsSynHello ? "SynHello" : "SslStream";

    /// <summary>Whether HttpClient asks, and Kestrel answers.</summary>
    public bool IsHttp { get; init; }

    /// <summary>Whether each measured connection resumes the session of an earlier one.</summary>
    public bool Resumes { get; init; }

    /// <summary>Whether the session is resumed by its ID, in TLS 1.2, because the server gives out no ticket.</summary>
    public bool TakesNoTickets { get; init; }

    /// <summary>Whether the request does not wait for the server's Finished, in TLS 1.2.</summary>
    public bool MakesFalseStart { get; init; }

    /// <summary>Whether the request is early data, which needs a session to resume.</summary>
    public bool SendsEarlyData { get; init; }

    /// <summary>
    /// Whether the client has been to this server before and profits from it: it holds the server's Fast Open cookie,
    /// or a ticket of the server's.
    /// </summary>
    public bool IsReturningVisit => FastOpen == FastOpenMode.Cookie || Resumes;

    /// <summary>
    /// Where in the picture it stands, from 1 on; 0 leaves it out: the picture has room for what differs most.
    /// </summary>
    public int PlaceInPicture { get; init; }

    /// <summary>The TLS version's number.</summary>
    public string Tls => Protocol == SslProtocols.Tls12 ? "1.2" : "1.3";

    private static RaceScheme SslStream(string name, SslProtocols protocol) =>
        new(name, IsSynHello: false, protocol, FastOpenMode.Off);

    private static RaceScheme SynHello(string name, FastOpenMode fastOpen) =>
        new(name, IsSynHello: true, SslProtocols.Tls13, fastOpen);

    private static RaceScheme Tls12(string name, FastOpenMode fastOpen) =>
        new(name, IsSynHello: true, SslProtocols.Tls12, fastOpen);

    private static RaceScheme EarlyData(string name, FastOpenMode fastOpen) =>
        SynHello(name, fastOpen) with { Resumes = true, SendsEarlyData = true };
}
