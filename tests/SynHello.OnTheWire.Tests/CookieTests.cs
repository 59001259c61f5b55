using System.Security.Cryptography;

using SynHello.Sockets;
using SynHello.Testing;

namespace SynHello.OnTheWire.Tests;

/// <summary>
/// What a client's SYN shows decides whether its data is taken from there, and nothing else: who shows nothing good is
/// served as by plain TCP, and no request runs twice, whichever way its copies come.
/// </summary>
public sealed class CookieTests
{
    private const int GrantingPort = 8443;
    private const int Host = 1;

    private static readonly byte[] _key = RandomNumberGenerator.GetBytes(16);
    private static readonly byte[] _otherKey = RandomNumberGenerator.GetBytes(16);

    /// <summary>What a SYN shows.</summary>
    public enum Shown
    {
        /// <summary>Not even the option.</summary>
        Nothing,

        /// <summary>The option without a cookie.</summary>
        Request,

        /// <summary>Eight octets that somebody made up.</summary>
        Forged,

        /// <summary>Another address's.</summary>
        Foreign,

        /// <summary>The first half of a good one.</summary>
        Truncated,

        /// <summary>Fewer octets than a cookie can have.</summary>
        TooShort,

        /// <summary>The good one.</summary>
        Good,

        /// <summary>One that was good, and is still let in.</summary>
        UnderBackupKey,

        /// <summary>One that was good.</summary>
        UnderDroppedKey,
    }

    [Theory]
    [InlineData(FastOpenMode.Cookie, Shown.Nothing, false, false, null)]
    [InlineData(FastOpenMode.Cookie, Shown.Request, false, true, "TCPFastOpenCookieReqd")]
    [InlineData(FastOpenMode.Cookie, Shown.Forged, false, true, "TCPFastOpenPassiveFail")]
    [InlineData(FastOpenMode.Cookie, Shown.Foreign, false, true, "TCPFastOpenPassiveFail")]
    [InlineData(FastOpenMode.Cookie, Shown.Truncated, false, true, "TCPFastOpenPassiveFail")]
    [InlineData(FastOpenMode.Cookie, Shown.TooShort, false, false, null)]
    [InlineData(FastOpenMode.Cookie, Shown.Good, true, false, "TCPFastOpenPassive")]
    [InlineData(FastOpenMode.Cookie, Shown.UnderBackupKey, true, true, "TCPFastOpenPassiveAltKey")]
    [InlineData(FastOpenMode.Cookie, Shown.UnderDroppedKey, false, true, "TCPFastOpenPassiveFail")]
    [InlineData(FastOpenMode.Cookieless, Shown.Nothing, true, false, "TCPFastOpenPassive")]
    [InlineData(FastOpenMode.Cookieless, Shown.Request, true, false, "TCPFastOpenCookieReqd")]
    [InlineData(FastOpenMode.Cookieless, Shown.Forged, true, false, "TCPFastOpenPassive")]
    [InlineData(FastOpenMode.Cookieless, Shown.Foreign, true, false, "TCPFastOpenPassive")]
    [InlineData(FastOpenMode.Cookieless, Shown.Truncated, true, false, "TCPFastOpenPassive")]
    [InlineData(FastOpenMode.Cookieless, Shown.TooShort, true, false, "TCPFastOpenPassive")]
    [InlineData(FastOpenMode.Cookieless, Shown.Good, true, false, "TCPFastOpenPassive")]
    [InlineData(FastOpenMode.Cookieless, Shown.UnderBackupKey, true, false, "TCPFastOpenPassive")]
    [InlineData(FastOpenMode.Cookieless, Shown.UnderDroppedKey, true, false, "TCPFastOpenPassive")]
    public async Task Syn_IsTakenByWhatItShows(
        FastOpenMode mode, Shown shown, bool isTaken, bool isGivenCookie, string? counter)
    {
        byte[] request = RandomNumberGenerator.GetBytes(200);
        var register = new StrikeRegister();
        await using LongWire wire = SpoofedClient.StartWire();
        await using var server = new CountingServer(
            wire, request, new CountedKeys(new SessionTicketKeyRing()), register, mode: mode,
            configure: options => options.FastOpenKeys = _key);
        int descriptors = KernelSockets.CountDescriptors();
        byte[]? cookie = await MakeCookieAsync(wire, shown);
        if (shown is Shown.UnderBackupKey)
            server.Listener.SetFastOpenKeys(_otherKey, backup: _key);
        else if (shown is Shown.UnderDroppedKey)
            server.Listener.SetFastOpenKeys(_otherKey);
        using EngineEnd engine = RawVisitor.Start(
            session: await RawVisitor.GetSessionAsync(server.Listener), earlyData: request);
        byte[] flight = engine.TakeOutput();
        string random = Convert.ToHexStringLower(flight.AsSpan(11, 32));
        var counters = new KernelCounters(
            "TCPFastOpenPassive", "TCPFastOpenPassiveFail", "TCPFastOpenPassiveAltKey", "TCPFastOpenCookieReqd");

        // The second one is the same hello once more, from another port.
        using var client = new SpoofedClient(wire, Host) { Cookie = cookie };
        using var again = new SpoofedClient(wire, Host) { Cookie = cookie };
        client.SendSyn(flight);
        await client.AnsweredAsync();
        Dictionary<string, long> counted = counters.Read();
        if (!isTaken)
            client.Acknowledge();
        await server.DoneAsync(1);
        again.SendSyn(flight);
        await again.AnsweredAsync();
        if (!isTaken)
            again.Acknowledge();
        await server.AnsweredAsync(random, 2);

        Assert.All([client, again], one => Assert.Equal(isTaken ? flight.Length : 0, one.TakenBytes));
        Assert.All([client, again], one => Assert.Equal(isGivenCookie, one.GrantedCookie is { Length: 8 }));
        Assert.All(counted, entry => Assert.Equal(
            (entry.Key, entry.Key == counter || (isTaken && entry.Key == "TCPFastOpenPassive") ? 1 : 0),
            (entry.Key, entry.Value)));
        CountingServer.Deed deed = Assert.Single(server.Deeds);
        Assert.Equal((Convert.ToHexString(request), true), (deed.Request, deed.IsEarly));
        Assert.Equal(
            (isTaken ? OutcomeOf(mode) : FastOpenOutcome.Off, isTaken ? flight.Length : 0),
            (deed.Report.FastOpen, deed.Report.SynDataBytes));
        Assert.Equal((1, 1), (register.Accepted, register.RefusedAsKnown));

        await AssertNothingIsLeftAsync(server, descriptors, client, again);
        Assert.Equal(0, server.FurtherBytes);
    }

    private static FastOpenOutcome OutcomeOf(FastOpenMode mode) =>
        mode == FastOpenMode.Cookie ? FastOpenOutcome.Cookie : FastOpenOutcome.Cookieless;

    private static async Task<byte[]?> MakeCookieAsync(LongWire wire, Shown shown)
    {
        // Ports do not enter into a cookie, and keys do: another listener with the same key gives the same ones.
        await using SecureListener granting = wire.Listen(
            FastOpenMode.Cookie, options => options.FastOpenKeys = _key, GrantingPort);
        byte[] good = await SpoofedClient.GetCookieAsync(wire, Host, GrantingPort);
        Assert.Equal(8, good.Length);
        return shown switch
        {
            Shown.Nothing => null,
            Shown.Request => [],
            Shown.Forged => [.. good[..7], (byte)(good[7] ^ 1)],
            Shown.Foreign => await SpoofedClient.GetCookieAsync(wire, Host + 1, GrantingPort),
            Shown.Truncated => good[..4],
            Shown.TooShort => good[..2],
            _ => good,
        };
    }

    private static async Task AssertNothingIsLeftAsync(
        CountingServer server, int descriptors, params SpoofedClient[] clients)
    {
        foreach (SpoofedClient client in clients)
            client.Reset();
        server.AbortConnections();
        await KernelSockets.GoneAsync([.. clients.Select(client => client.Port)]);
        await KernelSockets.EventuallyAsync(() => server.Listener.HandshakesUnderWay == 0);
        await KernelSockets.DescriptorsBackAsync(descriptors);
    }
}
