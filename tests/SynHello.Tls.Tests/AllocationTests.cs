using SynHello.Crypto;
using SynHello.Testing;
using SynHello.Wire;

namespace SynHello.Tls.Tests;

/// <summary>
/// Records of an established connection are sealed and opened without a byte allocated. A collection that another thread causes may
/// charge this one with the rest of its allocation context: the smallest of several windows counts.
/// </summary>
public sealed class AllocationTests
{
    private const int WarmUp = 20;
    private const int Windows = 10;
    private const int Rounds = 20;

    public static TheoryData<int, int> SuitesAndLengths
    {
        get
        {
            var data = new TheoryData<int, int>();
            CipherSuite[] tls12 = [.. Tls12Engines.Suites[..3]];
            foreach (CipherSuite suite in (CipherSuite[])[.. Engines.Suites, .. tls12])
            {
                foreach (int length in (int[])[1, 1_000, 16_384, 70_000])
                    data.Add(suite.Value, length);
            }

            return data;
        }
    }

    [Theory]
    [MemberData(nameof(SuitesAndLengths))]
    public void SendAndReceive_AllocateNothing(int suiteValue, int length)
    {
        var suite = new CipherSuite((ushort)suiteValue);
        using EnginePair pair = Engines.Suites.Contains(suite)
            ? Engines.Connected(new TlsClientConfiguration(DefaultCryptoProvider.Instance) { CipherSuites = [suite] })
            : Tls12Engines.Connected(new TlsClientConfiguration(DefaultCryptoProvider.Instance)
            {
                Versions = Tls12Engines.Only,
                CipherSuites = [suite],
            });
        byte[] data = new byte[length];
        var records = new FixedBuffer(length + (16 * 100));
        var plaintext = new FixedBuffer(length);
        var answers = new FixedBuffer(100);
        (TlsEngine Sender, TlsEngine Receiver)[] ways =
            [(pair.Client.Engine, pair.Server.Engine), (pair.Server.Engine, pair.Client.Engine)];
        foreach ((TlsEngine sender, TlsEngine receiver) in ways)
        {
            for (int i = 0; i < WarmUp; i++)
                Exchange(sender, receiver);
            long least = long.MaxValue;
            for (int window = 0; window < Windows; window++)
            {
                long before = GC.GetAllocatedBytesForCurrentThread();
                for (int i = 0; i < Rounds; i++)
                    Exchange(sender, receiver);
                least = Math.Min(least, GC.GetAllocatedBytesForCurrentThread() - before);
            }

            Assert.Equal(0, least);
        }

        void Exchange(TlsEngine sender, TlsEngine receiver)
        {
            records.Clear();
            plaintext.Clear();
            sender.Send(data, records);
            int consumed = receiver.Receive(records.Written, plaintext, answers);
            if (consumed != records.Written.Length || plaintext.Written.Length != data.Length || answers.Written.Length > 0)
                throw new InvalidOperationException("The data did not arrive.");
        }
    }
}
