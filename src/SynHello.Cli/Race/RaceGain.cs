using System.Globalization;
using System.Security.Authentication;

using SynHello.Sockets;

namespace SynHello.Cli.Race;

/// <summary>The race in one sentence.</summary>
internal static class RaceGain
{
    /// <summary>
    /// Compares SynHello's first visit with the first visit that .NET offers today, in what was measured.
    /// </summary>
    public static string Describe(RaceResult result)
    {
        (RaceRow today, RaceRow ours) = FirstVisits(result);
        double todayMs = Math.Round(today.FirstByteMilliseconds(50));
        double oursMs = Math.Round(ours.FirstByteMilliseconds(50));
        int earlier = today.RequestSentRoundTrips - ours.RequestSentRoundTrips;
        if (earlier <= 0 || oursMs >= todayMs)
        {
            return "Nothing was gained this time: until the request was sent, SynHello took "
                + $"{RoundTrips(ours.RequestSentRoundTrips)}, SslStream {RoundTrips(today.RequestSentRoundTrips)}.";
        }

        string when = string.Create(
            CultureInfo.InvariantCulture,
            $"after {oursMs:0} ms instead of {todayMs:0} ms, {todayMs - oursMs:0} ms sooner");
        return $"On a first visit SynHello sends its request {RoundTrips(earlier)} earlier than SslStream "
            + $"with TLS 1.3, and the first byte arrives {when}.";
    }

    /// <summary>The same as a heading.</summary>
    public static string Headline(RaceResult result)
    {
        (RaceRow today, RaceRow ours) = FirstVisits(result);
        int earlier = today.RequestSentRoundTrips - ours.RequestSentRoundTrips;
        return earlier > 0
            ? $"The ClientHello rides in the SYN: SynHello's request leaves {RoundTrips(earlier)} before SslStream's, "
                + "on the first visit too"
            : "Secure connections, from the first packet to the first byte of the response";
    }

    private static (RaceRow Today, RaceRow Ours) FirstVisits(RaceResult result) => (
        result.Rows.First(row =>
            row.Scheme is { IsSynHello: false, Protocol: SslProtocols.Tls13, FastOpen: FastOpenMode.Off }),
        result.Rows.First(row => row.Scheme is { IsSynHello: true, FastOpen: FastOpenMode.Cookieless }));

    private static string RoundTrips(int count) => count == 1 ? "one round trip" : $"{count} round trips";
}
