using SynHello.Capture;
using SynHello.Lab;
using SynHello.Sockets;

namespace SynHello.OnTheWire.Tests;

/// <summary>Servers and paths that do not let data in a SYN through: slower, never broken.</summary>
public sealed class HostilePathTests
{
    private const int FastOpenForClientsOnly = 1;
    private const int OtherPort = 8443;

    [Fact]
    public async Task ServerWithoutFastOpen_IgnoresADataSynWithoutCookie()
    {
        await using var wire = LongWire.Start();
        await using SecureListener listener = wire.Listen(FastOpenMode.Off);

        AssertIgnored(await wire.VisitAsync(listener, FastOpenMode.Cookieless));
    }

    [Fact]
    public async Task ServerWithoutFastOpen_IgnoresADataSynWithCookie()
    {
        await using var wire = LongWire.Start();
        await using SecureListener granting = wire.Listen(FastOpenMode.Cookie);
        await using SecureListener plain = wire.Listen(FastOpenMode.Off, port: OtherPort);
        await wire.VisitAsync(granting, FastOpenMode.Cookie);

        // The kernel keeps cookies by address, whatever the port.
        Visit visit = await wire.VisitAsync(plain, FastOpenMode.Cookie);

        Assert.Equal(FastOpenCookie.Sent, visit.Ledger.FastOpenCookie);
        AssertIgnored(visit);
    }

    [Fact]
    public async Task ServerWhoseSystemForbidsFastOpen_IgnoresTheData()
    {
        await using var wire = LongWire.Start();
        NetworkNamespace.SetFastOpen(FastOpenForClientsOnly);
        try
        {
            await using SecureListener listener = wire.Listen(FastOpenMode.Cookieless);
            Assert.NotNull(listener.FastOpenLimitation);

            AssertIgnored(await wire.VisitAsync(listener, FastOpenMode.Cookieless));
        }
        finally
        {
            NetworkNamespace.SetFastOpen(PrivateNamespace.FastOpenForBoth);
        }
    }

    [Fact]
    public async Task WireThatDropsSynData_IsPassedByTheRetransmittedSyn()
    {
        await using var wire = LongWire.Start(options => options.DropSynData = true);
        await using SecureListener listener = wire.Listen(FastOpenMode.Cookieless);

        Visit visit = await wire.VisitAsync(listener, FastOpenMode.Cookieless);

        Assert.Equal(FastOpenOutcome.Fallback, visit.Client.FastOpen);
        Assert.Contains(wire.Packets, packet => packet.DropReason == DropReason.SynData);
        Assert.Equal(visit.Client.ClientHelloBytes, visit.Ledger.SynPayloadBytes);
        visit.AssertNothingTakenFromSyn();

        // Time was lost, and no more round trips than a plain handshake takes.
        visit.AssertRoundTrips(untilRequest: 2, untilFirstByte: 3);
    }

    [Fact]
    public async Task WireThatStripsTheOption_LetsNoCookieThrough()
    {
        await using var wire = LongWire.Start(options => options.StripFastOpenOption = true);
        await using SecureListener listener = wire.Listen(FastOpenMode.Cookie);

        for (int i = 0; i < 2; i++)
        {
            Visit visit = await wire.VisitAsync(listener, FastOpenMode.Cookie);
            Assert.Equal(FastOpenOutcome.CookieRequested, visit.Client.FastOpen);
            Assert.False(visit.Ledger.FastOpenCookieGranted);
            visit.AssertNothingTakenFromSyn();
            visit.AssertRoundTrips(untilRequest: 2, untilFirstByte: 3);
        }
    }

    [Fact]
    public async Task WireThatStripsTheOption_MakesTheServerIgnoreDataThatCameWithACookie()
    {
        System.Net.IPNetwork network = LongWire.FreshNetwork();
        await using (var before = LongWire.Start(options => options.Network = network))
        {
            await using SecureListener granting = before.Listen(FastOpenMode.Cookie);
            await before.VisitAsync(granting, FastOpenMode.Cookie);
        }

        await using var wire = LongWire.Start(options =>
        {
            options.Network = network;
            options.StripFastOpenOption = true;
        });
        await using SecureListener listener = wire.Listen(FastOpenMode.Cookie);

        AssertIgnored(await wire.VisitAsync(listener, FastOpenMode.Cookie));
    }

    [Fact]
    public async Task WireThatStripsTheOption_DoesNotTouchCookielessOpening()
    {
        await using var wire = LongWire.Start(options => options.StripFastOpenOption = true);
        await using SecureListener listener = wire.Listen(FastOpenMode.Cookieless);

        Visit visit = await wire.VisitAsync(listener, FastOpenMode.Cookieless);

        visit.AssertClientHelloInSyn();
        visit.AssertRoundTrips(untilRequest: 1, untilFirstByte: 2);
    }

    [Theory]
    [InlineData(1, FastOpenMode.Off)]
    [InlineData(2, FastOpenMode.Cookieless)]
    [InlineData(3, FastOpenMode.Cookieless)]
    [InlineData(4, FastOpenMode.Cookie)]
    public async Task LossAndReordering_CostNoByte(int seed, FastOpenMode fastOpen)
    {
        const int Length = 256 * 1024;
        await using var wire = LongWire.Start(options =>
        {
            options.Seed = (ulong)seed;
            options.Loss = 0.03;
            options.ReorderProbability = 0.1;
        });
        await using SecureListener listener = wire.Listen(fastOpen);

        await wire.VisitAsync(listener, fastOpen, requestLength: Length, responseLength: Length);
        Assert.Contains(wire.Packets, packet => packet.DropReason == DropReason.Loss);
    }

    // The data was in the SYN, the server did not take it, and the kernel sent it again behind its ACK.
    private static void AssertIgnored(Visit visit)
    {
        Assert.Equal(FastOpenOutcome.Ignored, visit.Client.FastOpen);
        Assert.True(visit.Ledger.ClientHelloInSyn);
        Assert.Equal(visit.Client.ClientHelloBytes, visit.Ledger.SynPayloadBytes);
        visit.AssertNothingTakenFromSyn();
        visit.AssertRoundTrips(untilRequest: 2, untilFirstByte: 3);
    }
}
