using System.Collections.Concurrent;
using System.Net;
using System.Net.Sockets;
using System.Security.Cryptography;

using SynHello.Crypto;
using SynHello.Sockets;
using SynHello.Testing;
using SynHello.Tls;
using SynHello.Wire;

namespace SynHello.OnTheWire.Tests;

/// <summary>
/// Servers of many kinds on one wire, and a SYN of every kind for each of them, from addresses whose owners know
/// nothing of it. All are sent at once, because what the server does about them takes seconds.
/// </summary>
internal sealed class SpoofedSyns : IAsyncDisposable
{
    private const int MaximumEarlyData = 16_384;
    private const int Names = 150;
    private const int Room = SynBudget.IPv4;
    private const int RoomV6 = SynBudget.IPv6;
    private const int LeastPayload = 58;
    private const int LeastPayloadV6 = 78;

    private static readonly Response _short = new(100, Writes: 1);
    private static readonly Response _long = new(64 * 1024, Writes: 1);
    private static readonly Response _crumbs = new(10, Writes: 200);
    private static readonly int[] _lengths = [0, 517, 600, 1200, Room];

    private readonly LongWire _wire;
    private readonly bool _validates;
    private readonly List<IDisposable> _owned = [];
    private readonly List<SecureListener> _listeners = [];
    private readonly List<Task> _serving = [];
    private readonly ConcurrentBag<SecureStream> _streams = [];
    private readonly List<Attack> _attacks = [];
    private int _ports = LongWire.Port;

    private SpoofedSyns(LongWire wire, bool validates)
    {
        _wire = wire;
        _validates = validates;
    }

    public IReadOnlyList<Attack> Attacks => _attacks;

    /// <summary>Starts the servers, and prepares the SYNs.</summary>
    /// <param name="validates">Whether the servers hold back what is more than three times what they received.</param>
    public static async Task<SpoofedSyns> PrepareAsync(bool validates)
    {
        LongWire wire = SpoofedClient.StartWire(options => options.NetworkV6 = IPNetwork.Parse("fd00:120::/64"));
        var syns = new SpoofedSyns(wire, validates);
        await syns.PrepareAllAsync();
        return syns;
    }

    /// <summary>Sends them all.</summary>
    public void Send()
    {
        foreach (Attack attack in _attacks)
            attack.Client.SendSyn(attack.Payload);
    }

    public async ValueTask DisposeAsync()
    {
        foreach (SecureListener listener in _listeners)
            await listener.DisposeAsync();
        foreach (SecureStream stream in _streams)
            stream.Abort(); // who still waits for room to write in
        await Task.WhenAll(_serving);
        foreach (Attack attack in _attacks)
            attack.Client.Dispose();
        await _wire.DisposeAsync();
        foreach (IDisposable owned in _owned)
            owned.Dispose();
    }

    private async Task PrepareAllAsync()
    {
        TestChain longChain = TestCertificates.Issue(
            CertificateKind.Rsa2048,
            [LongWire.Host, .. Enumerable.Range(0, Names).Select(i => $"host-{i}.example.com")]);
        _owned.Add(longChain);
        SecureListener ecdsa = Listen(TestCertificates.Shared(CertificateKind.EcdsaP256));
        SecureListener rsa = Listen(TestCertificates.Shared(CertificateKind.Rsa2048));
        SecureListener large = Listen(longChain);
        SecureListener dual = Listen(longChain, TakeBothFamilies);
        SecureListener retrying = Listen(longChain, options => options.Groups = [NamedGroup.Secp384r1]);
        SecureListener impatient = Listen(longChain, options =>
        {
            options.TimeProvider = TimeProvider.System;
            options.HandshakeTimeout = TimeSpan.FromSeconds(1);
        });
        foreach (int length in _lengths)
        {
            Add("ECDSA", ecdsa, Hello(length), exceedsUpTo: 517);
            Add("RSA", rsa, Hello(length), exceedsUpTo: 600);
            Add("long chain", large, Hello(length));
            Add("long chain, MSS 88", large, Hello(length), mss: 88, exceedsUpTo: 200);
            Add("long chain, MSS 536, no time stamps", large, Hello(length), mss: 536, hasTimeStamps: false);
            Add("long chain, dual-mode", dual, Hello(length));
            int lengthV6 = Math.Min(length, RoomV6);
            Add("long chain, IPv6", dual, Hello(lengthV6), isV6: true);
            Add("long chain, IPv6, MSS 88", dual, Hello(lengthV6), isV6: true, mss: 88, exceedsUpTo: 200);
            Add("impatient", impatient, Hello(length));
            Add("HelloRetryRequest", retrying, HelloToBeRetried(length), exceedsUpTo: 0);
        }

        await AddResumptionsAsync(large, dual);
        Add("long chain, MSS 1", large, Hello(1200), mss: 1, exceedsUpTo: 0);
        Add("long chain, no window", large, Hello(1200), window: 0, exceedsUpTo: 0);
        Add("long chain, small window", large, Hello(600), window: 2000, exceedsUpTo: 0);
        foreach (SecureListener listener in new[] { ecdsa, impatient })
        {
            string name = listener == ecdsa ? "" : ", impatient";
            Add($"noise{name}", listener, Noise(600), exceedsUpTo: 0);
            Add($"a long record's header{name}", listener, [0x16, 3, 1, 0x40, 0, 1, .. Noise(250)], exceedsUpTo: 0);
            Add($"a record of nothing{name}", listener, [0x16, 3, 1, 0, 0, .. Noise(200)], exceedsUpTo: 0);
            Add($"hello cut in two{name}", listener, Hello(1200)[..517], exceedsUpTo: 0);
            foreach (int length in new[] { 1, 57, 77 })
            {
                Add($"noise{name}", listener, Noise(length), exceedsUpTo: 0);
                Add($"hello cut short{name}", listener, Hello(1200)[..length], exceedsUpTo: 0);
            }

            Add($"noise, IPv6{name}", dual, Noise(77), isV6: true, exceedsUpTo: 0);
            Add($"hello cut short, IPv6{name}", dual, Hello(1200)[..77], isV6: true, exceedsUpTo: 0);
            Add($"no data, but the option{name}", listener, [], cookie: [], exceedsUpTo: 0);
            Add($"no data, but the option, IPv6{name}", dual, [], isV6: true, cookie: [], exceedsUpTo: 0);
        }
    }

    private async Task AddResumptionsAsync(SecureListener large, SecureListener dual)
    {
        SecureListener generous = ListenForEarlyData(_long);
        SecureListener generousDual = ListenForEarlyData(_long, isDual: true);
        SecureListener brief = ListenForEarlyData(_short);
        SecureListener crumbling = ListenForEarlyData(_crumbs);
        TlsSession resumed = await RawVisitor.GetSessionAsync(large);
        TlsSession early = await RawVisitor.GetSessionAsync(generous);
        TlsSession earlyDual = await RawVisitor.GetSessionAsync(generousDual);
        TlsSession earlyCrumbs = await RawVisitor.GetSessionAsync(crumbling);
        TlsSession earlyBrief = await RawVisitor.GetSessionAsync(brief);
        foreach (int length in _lengths)
        {
            Add("resumed", large, Flight(length, resumed), exceedsUpTo: 0);
            Add("early data, long answer", generous, Flight(length, early, 50));
            Add("early data, long answer, MSS 88", generous, Flight(length, early, 50), mss: 88, exceedsUpTo: 0);
            Add("early data, long answer, MSS 536", generous, Flight(length, early, 50), mss: 536, exceedsUpTo: 600);
            Add("early data, long answer, dual-mode", generousDual, Flight(length, earlyDual, 50));
            byte[] flightV6 = Flight(Math.Min(length, RoomV6), earlyDual, 50);
            Add("early data, long answer, IPv6", generousDual, flightV6, isV6: true);
            Add("early data, answer in crumbs", crumbling, Flight(length, earlyCrumbs, 50), exceedsUpTo: 0);
            Add("early data, short answer and the end", brief, Flight(length, earlyBrief, 50), exceedsUpTo: 0);
        }

        // The same hello twice: its early data is refused.
        byte[] flight = Flight(600, early, 50);
        Add("early data", generous, flight);
        Add("early data, again", generous, flight, exceedsUpTo: 0);
    }

    private void Add(
        string name,
        SecureListener listener,
        byte[] payload,
        bool isV6 = false,
        int mss = 1460,
        bool hasTimeStamps = true,
        ushort window = ushort.MaxValue,
        byte[]? cookie = null,
        int exceedsUpTo = int.MaxValue)
    {
        var client = new SpoofedClient(_wire, _attacks.Count, listener.LocalEndPoint.Port, isV6)
        {
            Mss = mss,
            HasTimeStamps = hasTimeStamps,
            Window = window,
            Cookie = cookie,
        };
        _attacks.Add(new Attack(name, client, payload, payload.Length <= exceedsUpTo));
    }

    private SecureListener ListenForEarlyData(Response response, bool isDual = false) => Listen(
        TestCertificates.Shared(CertificateKind.EcdsaP256),
        options =>
        {
            options.MaximumEarlyData = MaximumEarlyData;
            options.EarlyDataWindow = TimeSpan.FromHours(1);
            if (isDual)
                TakeBothFamilies(options);
        },
        response);

    private SecureListener Listen(
        TestChain chain, Action<SecureListenerOptions>? configure = null, Response? response = null)
    {
        X509Credential credential = chain.ToCredential();
        _owned.Add(credential);
        SecureListener listener = _wire.Listen(
            FastOpenMode.Cookieless,
            options =>
            {
                options.Credentials = [credential];
                options.AddressValidation = _validates;
                configure?.Invoke(options);
            },
            _ports++);
        Assert.Null(listener.FastOpenLimitation);
        _listeners.Add(listener);
        _serving.Add(ServeAsync(listener, response ?? _short));
        return listener;
    }

    private async Task ServeAsync(SecureListener listener, Response response)
    {
        List<Task> answering = [];
        try
        {
            while (true)
            {
                SecureStream stream = await listener.AcceptAsync();
                _streams.Add(stream);
                answering.Add(AnswerAsync(stream, response));
            }
        }
        catch (ObjectDisposedException)
        {
            await Task.WhenAll(answering);
        }
    }

    /// <summary>Answers without having read anything, and goes.</summary>
    private static async Task AnswerAsync(SecureStream stream, Response response)
    {
        await using (stream)
        {
            try
            {
                for (int i = 0; i < response.Writes; i++)
                    await stream.WriteAsync(new byte[response.Length]);
            }
            catch (Exception exception) when (exception is IOException or ObjectDisposedException)
            {
                // Nobody was there.
            }
        }
    }

    private static void TakeBothFamilies(SecureListenerOptions options) =>
        options.ListenEndPoint = new IPEndPoint(IPAddress.IPv6Any, options.ListenEndPoint!.Port);

    private static byte[] Hello(int length) => Flight(length, session: null);

    private static byte[] HelloToBeRetried(int length)
    {
        using EngineEnd end = RawVisitor.Start(length, groups: [NamedGroup.Secp256r1, NamedGroup.Secp384r1]);
        return end.TakeOutput();
    }

    private static byte[] Flight(int length, TlsSession? session, int earlyData = 0)
    {
        using EngineEnd end = RawVisitor.Start(length, session, new byte[earlyData]);
        byte[] flight = end.TakeOutput();
        Assert.InRange(flight.Length, length, Math.Max(length, Room));
        return flight;
    }

    private static byte[] Noise(int length) => RandomNumberGenerator.GetBytes(length);

    /// <summary>What a server answers.</summary>
    private sealed record Response(int Length, int Writes);

    /// <summary>One forged SYN.</summary>
    /// <param name="Name">What is special about it.</param>
    /// <param name="Client">Who sends it.</param>
    /// <param name="Payload">What it carries.</param>
    /// <param name="Exceeds">Whether a server that does not care answers with more than three times as much.</param>
    internal sealed record Attack(string Name, SpoofedClient Client, byte[] Payload, bool Exceeds)
    {
        /// <summary>RFC 9000 section 8.1 has the same limit, for the same reason.</summary>
        public int Limit => 3 * Payload.Length;

        /// <summary>
        /// Whether three times the payload is less than TCP's own answers to any SYN come to: two SYN-ACKs and a reset.
        /// </summary>
        public bool IsBelowTcpsOwn =>
            Payload.Length < (Client.Address.AddressFamily == AddressFamily.InterNetworkV6 ? LeastPayloadV6 : LeastPayload);

        public override string ToString()
        {
            int answered = Client.AnswerBytes;
            return $"{Name}: {Payload.Length} bytes drew {answered} in {Client.Answers.Count} packets"
                + (Payload.Length == 0 ? "" : $", {(double)answered / Payload.Length:0.00} times as many");
        }
    }
}
