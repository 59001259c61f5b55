using System.Text.Encodings.Web;
using System.Text.Json;

using SynHello.Sockets;
using SynHello.Tls;

namespace SynHello.Cli.Race;

/// <summary>The race as a JSON document.</summary>
internal static class RaceDocument
{
    public static void Write(TextWriter writer, RaceResult result)
    {
        using var stream = new MemoryStream();
        using (var json = new Utf8JsonWriter(
            stream, new JsonWriterOptions { Indented = true, Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping }))
        {
            json.WriteStartObject();
            json.WriteNumber("rttMs", result.Options.RoundTrip.TotalMilliseconds);
            json.WriteNumber("runs", result.Options.Runs);
            json.WriteString("certificate", result.Options.Certificate switch
            {
                RaceCertificate.Ecdsa => "ecdsa",
                RaceCertificate.Rsa => "rsa",
                _ => "self-signed",
            });
            json.WriteNumber("certificateChainBytes", result.CertificateChainBytes);
            json.WriteStartArray("rows");
            foreach (RaceRow row in result.Rows)
                WriteRow(json, row);
            json.WriteEndArray();
            json.WriteEndObject();
        }

        writer.WriteLine(System.Text.Encoding.UTF8.GetString(stream.ToArray()));
    }

    private static void WriteRow(Utf8JsonWriter json, RaceRow row)
    {
        json.WriteStartObject();
        json.WriteString("scheme", row.Scheme.Name);
        json.WriteString("stack", row.Scheme.Stack);
        json.WriteString("visit", row.Scheme.IsReturningVisit ? "returning" : "first");
        json.WriteString("tls", row.Scheme.Tls);
        json.WriteString("fastOpen", row.Scheme.FastOpen switch
        {
            FastOpenMode.Cookie => "cookie",
            FastOpenMode.Cookieless => "cookieless",
            _ => "off",
        });
        json.WriteBoolean("resumed", row.Resumed);
        json.WriteString("earlyData", row.EarlyData switch
        {
            EarlyDataStatus.Accepted => "accepted",
            EarlyDataStatus.Rejected => "rejected",
            _ => "none",
        });
        json.WriteBoolean("clientHelloInSyn", row.ClientHelloInSyn);
        json.WriteNumber("synPayloadBytes", row.SynPayloadBytes);
        json.WriteNumber("requestSentRtts", row.RequestSentRoundTrips);
        json.WriteNumber("firstByteRtts", row.FirstByteRoundTrips);
        if (row.RoundTripsVary)
            json.WriteBoolean("rttsVary", true);
        json.WriteNumber("repeatedRuns", row.RepeatedRuns);
        json.WriteStartObject("firstByteMs");
        json.WriteNumber("p50", Math.Round(row.FirstByteMilliseconds(50), 3));
        json.WriteNumber("p99", Math.Round(row.FirstByteMilliseconds(99), 3));
        json.WriteEndObject();
        json.WriteEndObject();
    }
}
