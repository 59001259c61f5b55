using System.Globalization;
using System.Security.Authentication;

using SynHello.Sockets;

namespace SynHello.Cli.Race;

/// <summary>The race in a few sentences.</summary>
internal static class RaceGain
{
    /// <summary>
    /// Compares SynHello's first visit and its returning one with those that .NET offers today, in what was measured.
    /// </summary>
    public static string Describe(RaceResult result)
    {
        (RaceRow today, RaceRow ours) = FirstVisits(result);
        string first = Describe("On a first visit", "with TLS 1.3", today, ours);
        (today, ours) = ReturningVisits(result);
        return $"{first}\n{Describe("On a returning visit", "with TLS 1.3 resumed", today, ours)}";
    }

    /// <summary>The same as a heading.</summary>
    public static string Headline(RaceResult result)
    {
        (_, RaceRow returning) = ReturningVisits(result);
        if (returning.RequestSentRoundTrips == 0)
        {
            return "A returning visitor's request rides in the SYN: the first byte of the response is there after "
                + $"{RoundTrips(returning.FirstByteRoundTrips)}";
        }

        (RaceRow today, RaceRow ours) = FirstVisits(result);
        int earlier = today.RequestSentRoundTrips - ours.RequestSentRoundTrips;
        return earlier > 0
            ? $"The ClientHello rides in the SYN: SynHello's request leaves {RoundTrips(earlier)} before SslStream's"
            : "Secure connections, from the first packet to the first byte of the response";
    }

    private static string Describe(string visit, string peer, RaceRow today, RaceRow ours)
    {
        double todayMs = Math.Round(today.FirstByteMilliseconds(50));
        double oursMs = Math.Round(ours.FirstByteMilliseconds(50));
        int earlier = today.RequestSentRoundTrips - ours.RequestSentRoundTrips;
        if (earlier <= 0 || oursMs >= todayMs)
        {
            return $"{visit} nothing was gained this time: until the request was sent, SynHello took "
                + $"{RoundTrips(ours.RequestSentRoundTrips)}, SslStream {RoundTrips(today.RequestSentRoundTrips)}.";
        }

        string when = string.Create(
            CultureInfo.InvariantCulture,
            $"after {oursMs:0} ms instead of {todayMs:0} ms, {todayMs - oursMs:0} ms sooner");
        return $"{visit} SynHello sends its request {RoundTrips(earlier)} earlier than SslStream "
            + $"{peer}, and the first byte arrives {when}.";
    }

    private static (RaceRow Today, RaceRow Ours) FirstVisits(RaceResult result) => (
        result.Rows.First(row =>
            row.Scheme is { IsSynHello: false, Protocol: SslProtocols.Tls13, IsReturningVisit: false }),
        result.Rows.First(row =>
            row.Scheme is { IsSynHello: true, FastOpen: FastOpenMode.Cookieless, IsReturningVisit: false }));

    private static (RaceRow Today, RaceRow Ours) ReturningVisits(RaceResult result) => (
        result.Rows.First(row => row.Scheme is { IsSynHello: false, Resumes: true }),
        result.Rows.First(row => row.Scheme is { SendsEarlyData: true, FastOpen: FastOpenMode.Cookie }));

    private static string RoundTrips(int count) =>
        count switch { 0 => "no round trip", 1 => "one round trip", _ => $"{count} round trips" };
}
