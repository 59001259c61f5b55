using System.Buffers.Binary;
using System.Diagnostics;
using System.Globalization;
using System.Net.Sockets;

namespace SynHello.Lab.Tests;

public sealed class PcapWriterTests
{
    private static readonly DateTimeOffset Epoch = new(2026, 7, 8, 9, 10, 11, TimeSpan.Zero);

    [Fact]
    public void PcapWriter_WritesHeaderAndRecords()
    {
        var stream = new MemoryStream();
        using (var writer = new PcapWriter(stream, Epoch, leaveOpen: true))
        {
            writer.Write(TimeSpan.FromTicks(12_345_678), [1, 2, 3]);
            writer.Write(TimeSpan.FromSeconds(2), []);
        }

        byte[] file = stream.ToArray();
        Assert.Equal(
            Convert.FromHexString("4D3CB2A1" + "02000400" + "00000000" + "00000000" + "00000400" + "65000000"),
            file[..24]);
        List<(TimeSpan At, byte[] Bytes)> records = Read(file);
        Assert.Equal([TimeSpan.FromTicks(12_345_678), TimeSpan.FromSeconds(2)], records.Select(r => r.At));
        Assert.Equal([1, 2, 3], records[0].Bytes);
        Assert.Empty(records[1].Bytes);
    }

    [Fact]
    public void PcapWriter_ShowsWhatTheClientSees()
    {
        var stream = new MemoryStream();
        using (var writer = new PcapWriter(stream, Epoch, leaveOpen: true))
        {
            // In the order in which a wire would tell it.
            Tell(writer, PacketDirection.ClientToServer, "01", sent: 0, delivered: 10);
            Tell(writer, PacketDirection.ClientToServer, "02", sent: 11, dropped: true);
            Tell(writer, PacketDirection.ServerToClient, "03", sent: 12, dropped: true);
            Tell(writer, PacketDirection.ServerToClient, "04", sent: 13, delivered: 23);
        }

        List<(TimeSpan At, byte[] Bytes)> records = Read(stream.ToArray());
        Assert.Equal(["01", "02", "04"], records.Select(r => Convert.ToHexString(r.Bytes)));
        Assert.Equal([0, 11, 23], records.Select(r => r.At.TotalMilliseconds));
    }

    [Fact]
    public void PcapWriter_ReportsAFailingStreamWhenItIsAsked()
    {
        var writer = new PcapWriter(new FullStream(), Epoch);

        for (int i = 0; i < 100; i++)
            writer.Write(TimeSpan.Zero, new byte[1500]);

        Assert.Throws<IOException>(writer.Flush);
        Assert.Throws<IOException>(writer.Dispose);
    }

    [Fact]
    public void PcapWriter_RefusesWhatItCannotWrite()
    {
        Assert.Throws<ArgumentException>(() => new PcapWriter(new MemoryStream([], writable: false), Epoch));
        Assert.Throws<ArgumentException>(() => new PcapWriter(new MemoryStream(), DateTimeOffset.MinValue));
        using var writer = new PcapWriter(new MemoryStream(), Epoch);
        Assert.Throws<ArgumentOutOfRangeException>(() => writer.Write(TimeSpan.FromTicks(-1), []));
    }

    private static void Tell(
        IWireObserver observer,
        PacketDirection direction,
        string bytes,
        int sent,
        int delivered = 0,
        bool dropped = false)
    {
        var packet = new WirePacket(
            1, direction, TimeSpan.FromMilliseconds(sent), null, Convert.FromHexString(bytes), null);
        observer.OnSent(packet);
        if (dropped)
            observer.OnDropped(packet with { DropReason = DropReason.Loss });
        else
            observer.OnDelivered(packet with { DeliveredAt = TimeSpan.FromMilliseconds(delivered) });
    }

    private static List<(TimeSpan At, byte[] Bytes)> Read(ReadOnlySpan<byte> file)
    {
        List<(TimeSpan At, byte[] Bytes)> records = [];
        file = file[24..];
        while (!file.IsEmpty)
        {
            uint seconds = BinaryPrimitives.ReadUInt32LittleEndian(file);
            uint nanoseconds = BinaryPrimitives.ReadUInt32LittleEndian(file[4..]);
            int length = BinaryPrimitives.ReadInt32LittleEndian(file[8..]);
            Assert.Equal(length, BinaryPrimitives.ReadInt32LittleEndian(file[12..]));
            var at = DateTimeOffset.FromUnixTimeSeconds(seconds) - Epoch + TimeSpan.FromTicks(nanoseconds / 100);
            records.Add((at, file.Slice(16, length).ToArray()));
            file = file[(16 + length)..];
        }

        return records;
    }

    [Collection(OnTheWire.Name)]
    public sealed class OnAWire
    {
        [Fact]
        public async Task PcapWriter_WritesWhatTsharkReads()
        {
            string path = Path.Combine(Directory.CreateTempSubdirectory("synhello-lab").FullName, "wire.pcap");
            try
            {
                await using var wire = TestWire.Start();
                using Socket listener = wire.Listen(cookieless: true);
                using (var writer = new PcapWriter(File.Create(path), wire.Wire.StartedAt))
                {
                    wire.Wire.Subscribe(writer);
                    await wire.EchoAsync(listener, new byte[1300], fastOpen: true, cookieless: true);
                    await wire.Wire.DisposeAsync();
                }

                string[] lines = await Tshark(
                    $"-r {path} -o tcp.check_checksum:TRUE -o ip.check_checksum:TRUE -T fields -e ip.src -e ip.dst "
                    + "-e tcp.flags.syn -e tcp.len -e tcp.checksum.status -e ip.checksum.status -e frame.time_epoch");

                string[][] rows = [.. lines.Select(line => line.Split('\t'))];
                string local = wire.Wire.LocalAddress.ToString(), remote = wire.Wire.RemoteAddress.ToString();
                Assert.Equal([local, remote, "1", "1300", "1", "1"], rows[0][..6]);
                Assert.Equal([remote, local, "1", "0", "1", "1"], rows[1][..6]);
                Assert.All(rows, row => Assert.Equal(["1", "1"], row[4..6]));
                double[] times = [.. rows.Select(row => double.Parse(row[6], CultureInfo.InvariantCulture))];
                Assert.Equal(times.Order(), times);

                // At the client, the SYN-ACK comes a whole round trip after the SYN.
                Assert.True(times[1] - times[0] >= 0.0199);
            }
            finally
            {
                Directory.Delete(Path.GetDirectoryName(path)!, recursive: true);
            }
        }

        private static async Task<string[]> Tshark(string arguments)
        {
            using Process process = Process.Start(new ProcessStartInfo("tshark", "-n " + arguments)
            {
                UseShellExecute = false,
                RedirectStandardOutput = true,
                RedirectStandardError = true,
            })!;
            Task<string> errors = process.StandardError.ReadToEndAsync();
            string output = await process.StandardOutput.ReadToEndAsync();
            await process.WaitForExitAsync();
            Assert.True(process.ExitCode == 0, await errors);
            return output.Split('\n', StringSplitOptions.RemoveEmptyEntries);
        }
    }

    private sealed class FullStream : Stream
    {
        public override bool CanRead => false;

        public override bool CanSeek => false;

        public override bool CanWrite => true;

        public override long Length => 0;

        public override long Position { get; set; }

        public override void Flush()
        {
        }

        public override int Read(byte[] buffer, int offset, int count) => throw new NotSupportedException();

        public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

        public override void SetLength(long value) => throw new NotSupportedException();

        public override void Write(byte[] buffer, int offset, int count) => throw new IOException("No space left.");
    }
}
