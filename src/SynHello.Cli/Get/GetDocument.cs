using System.Text;
using System.Text.Json;

using SynHello.Sockets;
using SynHello.Tls;

namespace SynHello.Cli;

/// <summary>The JSON document of get.</summary>
internal static class GetDocument
{
    private static readonly JsonWriterOptions _options = new() { Indented = true };

    /// <param name="status">The response's status code.</param>
    /// <param name="report">What setting up the connection took.</param>
    /// <param name="firstByte">The time from dialing to the response's first byte.</param>
    /// <param name="earlierRoundTrips">How many round trips had passed before this exchange: those of a refused early
    /// one.</param>
    public static string Create(int status, HandshakeReport report, TimeSpan firstByte, int earlierRoundTrips)
    {
        using var buffer = new MemoryStream();
        using (var writer = new Utf8JsonWriter(buffer, _options))
        {
            writer.WriteStartObject();
            writer.WriteNumber("status", status);
            if (earlierRoundTrips > 0)
                writer.WriteBoolean("tooEarly", true); // the status is that of the second answer
            writer.WriteString("fastOpen", Name(report.FastOpen));
            writer.WriteNumber("synDataBytes", report.SynDataBytes);
            if (report.SynRoom is { } room)
            {
                writer.WriteNumber("synRoom", room);
                writer.WriteNumber("synOverflowBytes", report.SynOverflowBytes);
            }

            writer.WriteStartObject("tls");
            writer.WriteString("version", report.Version.ToString());
            writer.WriteString("cipher", report.CipherSuite.ToString());
            writer.WriteString("group", report.Group == default ? null : report.Group.ToString());
            writer.WriteString(
                "alpn", report.ApplicationProtocol == default ? null : report.ApplicationProtocol.ToString());
            writer.WriteBoolean("resumed", report.IsResumed);
            writer.WriteString("earlyData", Name(report.EarlyData));
            if (report.EarlyDataReason != EarlyDataReason.None)
                writer.WriteString("earlyDataReason", report.EarlyDataReason.ToString());
            writer.WriteEndObject();

            writer.WriteStartObject("roundTrips");
            writer.WriteNumber("requestSent", earlierRoundTrips + report.RoundTripsUntilRequest);
            writer.WriteNumber("firstByte", earlierRoundTrips + report.RoundTripsUntilFirstByte);
            writer.WriteEndObject();

            writer.WriteStartObject("timings");
            WriteMilliseconds(writer, "connectMs", report.ConnectTime);
            WriteMilliseconds(writer, "handshakeMs", report.HandshakeTime);
            WriteMilliseconds(writer, "firstByteMs", firstByte);
            writer.WriteEndObject();
            writer.WriteEndObject();
        }

        return Encoding.UTF8.GetString(buffer.ToArray());
    }

    public static string Name(FastOpenOutcome outcome) => outcome switch
    {
        FastOpenOutcome.Off => "off",
        FastOpenOutcome.Cookie => "cookie",
        FastOpenOutcome.Cookieless => "cookieless",
        FastOpenOutcome.CookieRequested => "requested",
        FastOpenOutcome.Ignored => "ignored",
        FastOpenOutcome.Fallback => "fallback",
        FastOpenOutcome.Unsupported => "unsupported",
        _ => "pending",
    };

    public static string Name(EarlyDataStatus status) => status switch
    {
        EarlyDataStatus.Accepted => "accepted",
        EarlyDataStatus.Rejected => "rejected",
        _ => "none",
    };

    private static void WriteMilliseconds(Utf8JsonWriter writer, string name, TimeSpan time) =>
        writer.WriteNumber(name, Math.Round(time.TotalMilliseconds, 3));
}
