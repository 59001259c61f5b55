namespace SynHello.Capture;

/// <summary>The picture's colours: one for each part of a connection.</summary>
internal static class LadderColors
{
    public const string Ink = "#111827";
    public const string Faint = "#6b7280";
    public const string Line = "#374151";
    public const string HalfRoundTrip = "#eef0f3";
    public const string RoundTrip = "#d5d9e0";
    public const string Ack = "#c3c8d0";
    public const string TcpSetup = "#6b7280";
    public const string Handshake = "#2563eb";
    public const string Request = "#d9480f";
    public const string Response = "#15803d";
    public const string Lost = "#dc2626";

    public static string Of(PacketContents contents)
    {
        const PacketContents HandshakeParts = PacketContents.ClientHello | PacketContents.HelloRetryRequest
            | PacketContents.ServerHello | PacketContents.Handshake | PacketContents.Finished
            | PacketContents.ChangeCipherSpec | PacketContents.PostHandshake | PacketContents.Alert;
        if (contents.HasFlag(PacketContents.Response))
            return Response;
        if ((contents & (PacketContents.Request | PacketContents.EarlyData)) != PacketContents.None)
            return Request;
        return (contents & HandshakeParts) != PacketContents.None ? Handshake : TcpSetup;
    }
}
