using System.Globalization;
using System.Security.Authentication;

using SynHello.Sockets;

namespace SynHello.Cli.Race;

/// <summary>The race in one sentence.</summary>
internal static class RaceGain
{
    /// <summary>Compares SynHello's first visit with the first visit of the best that .NET has, in what was measured.</summary>
    public static string Describe(RaceResult result)
    {
        RaceRow today = result.Rows.First(row =>
            row.Scheme is { IsSynHello: false, Protocol: SslProtocols.Tls13, FastOpen: FastOpenMode.Off });
        RaceRow ours = result.Rows.First(row => row.Scheme is { IsSynHello: true, FastOpen: FastOpenMode.Cookieless });
        double saved = today.FirstByteMilliseconds(50) - ours.FirstByteMilliseconds(50);
        int earlier = today.RequestSentRoundTrips - ours.RequestSentRoundTrips;
        if (earlier <= 0 || saved <= 0)
        {
            return $"Nothing was gained this time: SynHello's request left after {RoundTrips(ours.RequestSentRoundTrips)}, "
                + $"SslStream's after {RoundTrips(today.RequestSentRoundTrips)}.";
        }

        return string.Create(
            CultureInfo.InvariantCulture,
            $"On a first visit SynHello sends its request {RoundTrips(earlier)} earlier than SslStream with TLS 1.3, and the first byte arrives {saved:0} ms sooner: after {ours.FirstByteMilliseconds(50):0} ms instead of {today.FirstByteMilliseconds(50):0}.");
    }

    private static string RoundTrips(int count) => count == 1 ? "one round trip" : $"{count} round trips";
}
