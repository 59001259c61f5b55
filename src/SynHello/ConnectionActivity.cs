using System.Diagnostics;
using System.Net;
using System.Net.Sockets;

using SynHello.Tls;
using SynHello.Wire;

namespace SynHello;

/// <summary>
/// The span of a client's connection set-up, named by OpenTelemetry's semantic conventions where they have a name. Costs nothing while
/// nobody listens.
/// </summary>
internal static class ConnectionActivity
{
    /// <summary>The source's name, for whoever subscribes.</summary>
    public const string SourceName = "SynHello";

    private static readonly ActivitySource s_source = new(SourceName);

    /// <summary>Begins.</summary>
    /// <param name="endPoint">What is dialed.</param>
    /// <param name="asciiHost">Whom the certificate has to be for.</param>
    public static Activity? Start(EndPoint endPoint, string asciiHost)
    {
        if (s_source.CreateActivity("SynHello.Connect", ActivityKind.Internal) is not { } activity)
            return null;
        int port = endPoint switch { IPEndPoint ip => ip.Port, DnsEndPoint dns => dns.Port, _ => 0 };
        activity.DisplayName = $"connection_setup {asciiHost}:{port}";
        activity.SetTag("server.address", asciiHost);
        activity.SetTag("server.port", port);
        activity.SetTag("network.transport", "tcp");
        return activity.Start();
    }

    /// <summary>A connection is handed out.</summary>
    public static void Completed(Activity activity, SecureStream stream)
    {
        HandshakeReport report = stream.Report;
        if (!activity.IsAllDataRequested)
            return;
        if (stream.RemoteEndPoint is IPEndPoint remote)
        {
            activity.SetTag("network.type", remote.AddressFamily == AddressFamily.InterNetwork ? "ipv4" : "ipv6");
            activity.SetTag("network.peer.address", remote.Address.ToString());
            activity.SetTag("network.peer.port", remote.Port);
        }

        if (stream.LocalEndPoint is IPEndPoint local)
            activity.SetTag("network.local.port", local.Port);
        activity.SetTag("tls.established", true);
        activity.SetTag("tls.protocol.name", "tls");
        activity.SetTag("tls.protocol.version", report.Version == ProtocolVersion.Tls13 ? "1.3" : "1.2");
        activity.SetTag("tls.cipher", report.CipherSuite.ToString());
        activity.SetTag("tls.curve", report.Group.ToString());
        activity.SetTag("tls.resumed", report.IsResumed);
        if (!report.ApplicationProtocol.Protocol.IsEmpty)
            activity.SetTag("tls.next_protocol", report.ApplicationProtocol.ToString());
        activity.SetTag("synhello.fast_open", HandshakeMetrics.NameOf(report.FastOpen));
        activity.SetTag("synhello.syn_data.size", report.SynDataBytes);
        if (report.SynOverflowBytes > 0)
            activity.SetTag("synhello.syn_overflow.size", report.SynOverflowBytes);
        activity.SetTag("synhello.early_data", HandshakeMetrics.NameOf(report.EarlyData));
        if (report.EarlyDataReason != EarlyDataReason.None)
            activity.SetTag("synhello.early_data.reason", NameOf(report.EarlyDataReason));
        activity.SetTag("synhello.round_trips", report.RoundTripsUntilRequest);
        activity.SetTag("synhello.round_trips.reasons", ReasonsOf(report));
        if (report.PathRoundTrip is { } roundTrip)
            activity.SetTag("synhello.path.round_trip", roundTrip.TotalSeconds);

        DateTime connected = activity.StartTimeUtc + report.ConnectTime;
        AddPart(activity, "SynHello.SocketConnect", "socket connect", activity.StartTimeUtc, connected);
        AddPart(activity, "SynHello.TlsHandshake", "TLS client handshake", connected, connected + report.HandshakeTime);
    }

    /// <summary>There is no connection.</summary>
    public static void Failed(Activity activity, Exception exception)
    {
        activity.SetTag("error.type", HandshakeMetrics.ErrorType(exception));
        activity.SetStatus(ActivityStatusCode.Error, exception.Message);
    }

    /// <summary>What each round trip was paid for that passed before the request could be sent.</summary>
    private static string[] ReasonsOf(HandshakeReport report)
    {
        List<string> reasons = [];
        bool isEarly = report.EarlyData == EarlyDataStatus.Accepted;
        int wanted = isEarly ? report.FirstFlightBytes : report.ClientHelloBytes;
        if (report.SynDataBytes == 0)
            reasons.Add("tcp_handshake");
        else if (report.SynDataBytes < wanted)
            reasons.Add("syn_overflow");
        if (isEarly)
            return [.. reasons];
        if (report.HelloRetryRequested)
            reasons.Add("hello_retry_request");
        reasons.Add("tls_handshake");
        if (report.Version == ProtocolVersion.Tls12 && !report.IsResumed && !report.IsFalseStarted)
            reasons.Add("tls_second_flight");
        return [.. reasons];
    }

    /// <summary>A part of it, which is over already.</summary>
    private static void AddPart(Activity whole, string name, string displayName, DateTime start, DateTime end)
    {
        using Activity? part = s_source.StartActivity(name, ActivityKind.Internal, whole.Context, startTime: new DateTimeOffset(start));
        if (part is null)
            return;
        part.DisplayName = displayName;
        part.SetEndTime(end);
    }

    /// <summary>The word for a reason, in the spans and in the accounts of the commands.</summary>
    internal static string NameOf(EarlyDataReason reason) => reason switch
    {
        EarlyDataReason.NoSession => "no_session",
        EarlyDataReason.NotAllowedBySession => "not_allowed_by_session",
        EarlyDataReason.LongerThanSessionAllows => "longer_than_session_allows",
        EarlyDataReason.ApplicationProtocolDiffers => "application_protocol_differs",
        EarlyDataReason.SessionNotOffered => "session_not_offered",
        EarlyDataReason.AnotherAddressDialed => "another_address_dialed",
        EarlyDataReason.RejectedByServer => "rejected_by_server",
        EarlyDataReason.HelloRetryRequested => "hello_retry_requested",
        _ => "none",
    };
}
