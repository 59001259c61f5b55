using SynHello.Lab;
using SynHello.Sockets;

namespace SynHello.OnTheWire.Tests;

/// <summary>Somebody else's dissector reads what crossed the wire.</summary>
public sealed class PcapTests
{
    [Fact]
    public async Task Tshark_SeesTheClientHelloInTheSyn()
    {
        string path = Path.Combine(Directory.CreateTempSubdirectory("synhello").FullName, "wire.pcap");
        try
        {
            List<Visit> visits = [];
            await using (var wire = LongWire.Start())
            {
                await using var file = new FileStream(path, FileMode.CreateNew);
                using var writer = new PcapWriter(file, wire.Wire.StartedAt);
                wire.Wire.Subscribe(writer);
                await using (SecureListener cookie = wire.Listen(FastOpenMode.Cookie))
                {
                    await wire.VisitAsync(cookie, FastOpenMode.Cookie);
                    visits.Add(await wire.VisitAsync(cookie, FastOpenMode.Cookie));
                }

                await using SecureListener cookieless = wire.Listen(FastOpenMode.Cookieless);
                visits.Add(await wire.VisitAsync(cookieless, FastOpenMode.Cookieless));
                await wire.Wire.DisposeAsync();
            }

            Assert.Equal(
                visits.Select(visit => visit.Client.ClientHelloBytes), await Tshark.ClientHelloSynsAsync(path));
        }
        finally
        {
            Directory.Delete(Path.GetDirectoryName(path)!, recursive: true);
        }
    }
}
