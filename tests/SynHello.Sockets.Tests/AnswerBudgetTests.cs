using System.Net.Sockets;

namespace SynHello.Sockets.Tests;

/// <summary>What is sent to an unproven address, in bytes of IP packets, is three times the SYN's payload at most.</summary>
public sealed class AnswerBudgetTests
{
    private const int SynAcks = 2;

    [Theory]
    [InlineData(AddressFamily.InterNetwork, 1200, 3272)]
    [InlineData(AddressFamily.InterNetworkV6, 1200, 3152)]
    [InlineData(AddressFamily.InterNetwork, 1420, 3932)]
    [InlineData(AddressFamily.InterNetwork, 600, 1524)]
    public void Typical_Syn(AddressFamily family, int payload, int expected) =>
        Assert.Equal(expected, AnswerBudget.For(payload, family));

    /// <summary>Counts as the wire would, for every size of SYN and segment, and writes of every size.</summary>
    [Theory]
    [InlineData(AddressFamily.InterNetwork, 20)]
    [InlineData(AddressFamily.InterNetworkV6, 40)]
    public void Everything_IsWithinThreeTimesTheSyn(AddressFamily family, int ipHeader)
    {
        int segmentHeaders = ipHeader + 32;
        int synAck = ipHeader + 40;
        var random = new Random(7);
        for (int payload = 0; payload <= 1500; payload += 3)
        {
            foreach (int segment in (int[])[1, 36, 88, 536, 1448])
            {
                var budget = new AnswerBudget(payload, segment, family, SynAcks);
                int sent = 0;
                int onTheWire = (SynAcks * synAck) + segmentHeaders;
                while (true)
                {
                    int available = budget.GetAvailable();
                    int wanted = random.Next(1, 2000);
                    int taken = budget.Take(wanted);
                    Assert.Equal(Math.Min(wanted, available), taken);
                    if (taken == 0)
                        break;
                    sent += taken;
                    onTheWire += taken + ((int)Math.Ceiling(taken / (double)segment) * segmentHeaders);
                }

                Assert.True(sent == 0 || onTheWire <= 3 * payload, $"{onTheWire} bytes for {payload} of {segment}");
            }
        }
    }

    /// <summary>Nothing is left unused: one byte more would be too much.</summary>
    [Fact]
    public void Everything_ThatMayBeSent_IsGiven()
    {
        for (int payload = 200; payload <= 1420; payload++)
        {
            int length = AnswerBudget.For(payload, AddressFamily.InterNetwork);
            int left = (3 * payload) - (SynAcks * 60) - 52;
            Assert.True(length + (Segments(length) * 52) <= left);
            Assert.True(length + 1 + (Segments(length + 1) * 52) > left);
        }

        static int Segments(int length) => (length + 1447) / 1448;
    }

    [Fact]
    public void Reserve_StaysForALaterWrite()
    {
        var budget = new AnswerBudget(1200, 1448, AddressFamily.InterNetwork, SynAcks);
        int available = budget.GetAvailable(reserve: 24);
        int first = budget.Take(10_000, reserve: 24);
        Assert.Equal(available, first);
        Assert.Equal(0, budget.Take(1, reserve: 24));
        Assert.Equal(24, budget.Take(10_000));
        Assert.Equal(0, budget.Take(1));
        Assert.InRange(first, 3272 - 24 - 104, 3272 - 24 - 52);
    }

    [Fact]
    public void SynWithoutData_IsAnsweredWithNothing() =>
        Assert.Equal(0, new AnswerBudget(0, 1448, AddressFamily.InterNetwork, SynAcks).Take(1));

    [Fact]
    public void ArgumentsThatAreNegative_AreRefused()
    {
        var budget = new AnswerBudget(1200, 1448, AddressFamily.InterNetwork, SynAcks);
        Assert.Throws<ArgumentOutOfRangeException>(() => budget.Take(-1));
        Assert.Throws<ArgumentOutOfRangeException>(() => budget.Take(1, reserve: -1));
        Assert.Throws<ArgumentOutOfRangeException>(() => budget.GetAvailable(reserve: -1));
    }
}
