using System.Text;

using SynHello.Tls;
using SynHello.Wire;

namespace SynHello.Bogo;

/// <summary>What happens on a connection once its handshake lets data be sent.</summary>
internal sealed class ShimExchange(ShimConnection connection, OutcomeCheck check)
{
    private static readonly int[] s_sizes = [1, 255, 256, 257, 16383, 16384, 16385, 32767, 32768, 32769];

    /// <summary>What the shim says where it speaks first.</summary>
    public static ReadOnlyMemory<byte> Greeting { get; } = "hello"u8.ToArray();

    private ShimFlags Flags => connection.Flags;

    private TlsEngine Engine => connection.Engine;

    /// <param name="greeted">How much of the greeting was in early data that the server took.</param>
    public void Run(int greeted)
    {
        if (Flags.ExportLength > 0)
            SendExport();
        if (Flags.WritesDifferentSizes)
        {
            foreach (int size in s_sizes)
                connection.Write(Enumerable.Repeat((byte)0x42, size).ToArray());
        }
        else
        {
            ReadOnlySpan<byte> greeting = Greeting.Span[greeted..];
            if (Flags.ReadWithUnfinishedWrite && !greeting.IsEmpty)
                BeginGreeting(greeting);
            else if (Flags.ShimWritesFirst && !greeting.IsEmpty)
                Send(greeting);
            if (!Flags.ShimShutsDown)
                Echo();
        }

        check.CheckAtEnd(connection);
        ShutDown();
    }

    private void SendExport()
    {
        bool isContextEmpty = Flags.UseExportContext && Flags.ExportContext.Length == 0;
        if (isContextEmpty && Engine.Negotiated.Version == ProtocolVersion.Tls12)
            throw new UnimplementedException("an empty context apart from none in TLS 1.2");
        byte[] material = new byte[Flags.ExportLength];
        Engine.ExportKeyingMaterial(Flags.ExportLabel, Encoding.Latin1.GetBytes(Flags.ExportContext), material);
        connection.Write(material);
    }

    private void BeginGreeting(ReadOnlySpan<byte> greeting)
    {
        connection.Handshake(() => Engine.MaySend);
        connection.WriteUnfinished(greeting);
        connection.HoldsBack = true;
    }

    private void Send(ReadOnlySpan<byte> data)
    {
        connection.Handshake(() => Engine.MaySend);
        connection.Write(data);
    }

    private void Echo()
    {
        byte[] buffer = new byte[Flags.ReadSize];
        while (true)
        {
            connection.RunUntil(() => connection.HasPlaintext);
            if (!connection.HasPlaintext)
                return;
            Span<byte> data = buffer.AsSpan(0, connection.Read(buffer));
            connection.HoldsBack = false;
            connection.Flush();
            if (!Engine.IsHandshakeComplete && Engine.Negotiated.EarlyData != EarlyDataStatus.Accepted)
                throw new ExpectationException("Data came before the handshake was complete.");
            if (Flags.KeyUpdate)
                Engine.UpdateKey(requestPeer: false, connection.Output);
            foreach (ref byte octet in data)
                octet ^= 0xff;
            connection.Write(data);
        }
    }

    private void ShutDown()
    {
        if (!Flags.CheckCloseNotify)
            return;
        Engine.SendCloseNotify(connection.Output);
        connection.Flush();
        if (Flags.ShimShutsDown)
        {
            connection.RunUntil(() => connection.HasPlaintext);
            if (connection.HasPlaintext)
                throw new ExpectationException("Data came after this side's close_notify.");
        }

        if (!Engine.IsPeerClosed)
            throw new UncleanCloseException();
    }
}
