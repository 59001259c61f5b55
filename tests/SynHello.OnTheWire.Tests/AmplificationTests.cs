using SynHello.Lab;

namespace SynHello.OnTheWire.Tests;

/// <summary>
/// What a server that takes ClientHellos out of SYNs without a cookie sends to an address that may be forged: every
/// byte of every IP packet is counted, the kernel's own SYN-ACKs, FINs and resets included.
/// </summary>
public sealed class AmplificationTests(ITestOutputHelper output)
{
    [Fact]
    public async Task SpoofedSyn_DrawsAtMostThreeTimesItsPayload()
    {
        await using SpoofedSyns syns = await SpoofedSyns.PrepareAsync(validates: true);

        syns.Send();
        await Task.WhenAll(syns.Attacks.Select(attack => attack.Client.AnsweredAsync()));
        await KernelSockets.GoneAsync([.. syns.Attacks.Select(attack => attack.Client.Port)]);

        Tell(syns);
        Assert.DoesNotContain(
            syns.Attacks, attack => !attack.IsBelowTcpsOwn && attack.Client.AnswerBytes > attack.Limit);

        // A SYN that carries nothing, or next to nothing, is answered by TCP's own SYN-ACK, as anybody's is, if twice;
        // and a reset may end it.
        Assert.Equal(
            [0, 1, 57, 77], syns.Attacks.Where(attack => attack.IsBelowTcpsOwn).Select(attack => attack.Payload.Length).Distinct().Order());
        foreach (SpoofedSyns.Attack attack in syns.Attacks.Where(attack => attack.IsBelowTcpsOwn))
        {
            IReadOnlyList<WirePacket> answers = attack.Client.Answers;
            Assert.InRange(answers.Count(packet => packet.IsSynAck()), 1, 2);
            Assert.All(answers, packet => Assert.True(packet.IsSynAck() || packet.IsReset()));
            Assert.InRange(answers.Count, 1, 3);
        }
    }

    /// <summary>What the test above would show if nothing was held back.</summary>
    [Fact]
    public async Task WithoutAddressValidation_SpoofedSynDrawsMore()
    {
        await using SpoofedSyns syns = await SpoofedSyns.PrepareAsync(validates: false);

        syns.Send();
        try
        {
            await Task.WhenAll(syns.Attacks.Where(attack => attack.Exceeds)
                .Select(attack => attack.Client.UntilAsync(client => client.AnswerBytes > attack.Limit)));
        }
        finally
        {
            Tell(syns);
        }
    }

    private void Tell(SpoofedSyns syns)
    {
        foreach (SpoofedSyns.Attack attack in syns.Attacks)
            output.WriteLine(attack.ToString());
    }
}
