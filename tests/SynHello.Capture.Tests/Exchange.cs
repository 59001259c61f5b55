namespace SynHello.Capture.Tests;

/// <summary>Flights that take turns over a wire, each sent as soon as the one before has arrived.</summary>
internal static class Exchange
{
    public static readonly Dictionary<string, byte[][][]> Schemes = new()
    {
        ["TLS 1.2 full"] =
        [
            [Tls.ClientHello()],
            [Tls.ServerHello12(), Tls.Handshake(11, 900), Tls.Handshake(12, 140), Tls.Handshake(14, 0)],
            [Tls.Handshake(16, 33), Tls.ChangeCipherSpec(), Tls.Finished12()],
            [Tls.ChangeCipherSpec(), Tls.Finished12()],
            [Tls.Request()],
            [Tls.Response()],
        ],
        ["TLS 1.2 full, False Start"] =
        [
            [Tls.ClientHello()],
            [Tls.ServerHello12(), Tls.Handshake(11, 900), Tls.Handshake(12, 140), Tls.Handshake(14, 0)],
            [Tls.Handshake(16, 33), Tls.ChangeCipherSpec(), Tls.Finished12(), Tls.Request()],
            [Tls.ChangeCipherSpec(), Tls.Finished12(), Tls.Response()],
        ],
        ["TLS 1.2 resumed"] =
        [
            [Tls.ClientHello()],
            [Tls.ServerHello12(), Tls.ChangeCipherSpec(), Tls.Finished12()],
            [Tls.ChangeCipherSpec(), Tls.Finished12(), Tls.Request()],
            [Tls.Response()],
        ],
        ["TLS 1.3"] =
        [
            [Tls.ClientHello()],
            [Tls.ServerHello13(), Tls.ChangeCipherSpec(), Tls.Data(900), Tls.Data(120), Tls.Finished13()],
            [Tls.ChangeCipherSpec(), Tls.Finished13(), Tls.Request()],
            [Tls.Data(250), Tls.Response()],
        ],
        ["TLS 1.3 early data"] =
        [
            [Tls.ClientHello(), Tls.Request()],
            [Tls.ServerHello13(), Tls.ChangeCipherSpec(), Tls.Data(30), Tls.Finished13(), Tls.Response()],
            [Tls.ChangeCipherSpec(), Tls.EndOfEarlyData(), Tls.Finished13()],
            [Tls.Data(250)],
        ],
        ["TLS 1.3 HelloRetryRequest"] =
        [
            [Tls.ClientHello()],
            [Tls.HelloRetryRequest(), Tls.ChangeCipherSpec()],
            [Tls.ChangeCipherSpec(), Tls.ClientHello()],
            [Tls.ServerHello13(), Tls.Data(1100)],
            [Tls.Finished13(), Tls.Request()],
            [Tls.Data(250), Tls.Response()],
        ],
        ["TLS 1.3 large flight"] =
        [
            [Tls.ClientHello()],
            // 10 segments at once; what is left follows the first acknowledgements.
            [Tls.ServerHello13(), Tls.Data(16000)],
            [Tls.Finished13(), Tls.Request()],
            [Tls.Response()],
        ],
        ["no TLS"] =
        [
            ["GET / HTTP/1.1\r\n\r\n"u8.ToArray()],
            ["HTTP/1.1 200 OK\r\n\r\n"u8.ToArray()],
        ],
    };

    private const int InitialWindow = 14_000;
    private const double Thinking = 0.3;

    public static WireBuilder Run(string scheme, bool inSyn, bool isIPv6 = false)
    {
        var wire = new WireBuilder(isIPv6: isIPv6);
        double now = 0;
        var flights = new Queue<byte[][]>(Schemes[scheme]);
        byte[] hello = [.. flights.Dequeue().SelectMany(part => part)];
        wire.Syn(now, inSyn ? hello : [], inSyn ? [34, 10, 1, 2, 3, 4, 5, 6, 7, 8, 1, 1] : [34, 2, 1, 1]);
        now += wire.CrossingMs;
        wire.SynAck(now);
        if (!inSyn)
        {
            now += wire.CrossingMs;
            wire.ClientAck(now).Client(now + Thinking, hello);
            now += wire.CrossingMs + Thinking;
            wire.ServerAck(now);
        }

        for (bool isClient = false; flights.TryDequeue(out byte[][]? parts); isClient = !isClient)
        {
            now += Thinking;
            byte[] bytes = [.. parts.SelectMany(part => part)];
            foreach (byte[] window in bytes.Chunk(InitialWindow))
            {
                if (isClient)
                    wire.Client(now, window);
                else
                    wire.Server(now, window);
                now += wire.CrossingMs;
                if (isClient)
                    wire.ServerAck(now);
                else
                    wire.ClientAck(now);
                if (bytes.Length > InitialWindow && window.Length == InitialWindow)
                    now += wire.CrossingMs;
            }
        }

        return wire;
    }
}
