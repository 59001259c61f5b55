using System.Globalization;
using System.Security.Authentication;

namespace SynHello.Capture;

/// <summary>A word of an arrow's label and its colour.</summary>
internal readonly record struct LadderWord(string Text, string Color);

/// <summary>The words that say what an arrow carries.</summary>
internal static class LadderLabel
{
    public static List<LadderWord> Of(LadderArrow arrow, SslProtocols version)
    {
        var contents = arrow.Contents;
        var words = new List<LadderWord>();
        bool isClient = arrow.Direction == PacketDirection.ClientToServer;

        Add(PacketContents.Reset, "RST", LadderColors.Lost);
        Add(PacketContents.Syn, "SYN", LadderColors.TcpSetup);
        Add(PacketContents.SynAck, "SYN-ACK", LadderColors.TcpSetup);
        Add(PacketContents.ClientHello, "ClientHello", LadderColors.Handshake);
        Add(PacketContents.HelloRetryRequest, "HelloRetryRequest", LadderColors.Handshake);
        string? flight = isClient ? ClientFlight(contents, version) : ServerFlight(contents, version);
        if (flight is not null)
            words.Add(new LadderWord(flight, LadderColors.Handshake));
        Add(PacketContents.Alert, "alert", LadderColors.Lost);
        if (contents.HasFlag(PacketContents.Request))
            words.Add(new LadderWord("request", LadderColors.Request));
        else
            Add(PacketContents.EarlyData, "early data", LadderColors.Request);
        Add(PacketContents.Response, "response", LadderColors.Response);

        if (words.Count == 0)
            Add(PacketContents.PostHandshake, "session ticket", LadderColors.Handshake);
        if (words.Count == 0)
            Add(PacketContents.ChangeCipherSpec, "ChangeCipherSpec", LadderColors.Handshake);
        if (words.Count == 0)
            Add(PacketContents.OtherData, "data", LadderColors.TcpSetup);
        Add(PacketContents.Fin, "FIN", LadderColors.TcpSetup);
        return words;

        void Add(PacketContents part, string text, string color)
        {
            if (contents.HasFlag(part))
                words.Add(new LadderWord(text, color));
        }
    }

    /// <summary>The size and what else is to be said in plain ink; empty if nothing.</summary>
    public static string SuffixOf(LadderArrow arrow)
    {
        string size = arrow.PayloadBytes > 0
            ? string.Create(CultureInfo.InvariantCulture, $"{arrow.PayloadBytes:N0} B")
            : "";
        string again = arrow.IsRetransmission ? "sent again" : "";
        return string.Join(", ", new[] { size, again }.Where(part => part.Length > 0));
    }

    private static string? ClientFlight(PacketContents contents, SslProtocols version)
    {
        bool hasFinished = contents.HasFlag(PacketContents.Finished);
        bool hasMore = contents.HasFlag(PacketContents.Handshake);
        if (version == SslProtocols.Tls12 && hasMore)
            return hasFinished ? "ClientKeyExchange … Finished" : "ClientKeyExchange";
        return hasFinished ? "Finished" : hasMore ? "EndOfEarlyData" : null;
    }

    private static string? ServerFlight(PacketContents contents, SslProtocols version)
    {
        const PacketContents MoreParts = PacketContents.Handshake | PacketContents.Finished;
        bool hasMore = (contents & MoreParts) != PacketContents.None;
        // The last message of the flight: in TLS 1.2 without resumption the client's Finished comes before the
        // server's.
        string last = version == SslProtocols.Tls13 || contents.HasFlag(PacketContents.Finished)
            ? "Finished"
            : "ServerHelloDone";
        if (contents.HasFlag(PacketContents.ServerHello))
            return hasMore ? $"ServerHello … {last}" : "ServerHello";
        if (contents.HasFlag(PacketContents.Handshake))
            return $"… {last}";
        return hasMore ? "Finished" : null;
    }
}
