using System.Formats.Asn1;

using SynHello.Testing;

namespace SynHello.Fuzz.Targets;

/// <summary>An OCSP response, from a responder or a server.</summary>
internal sealed class OcspResponseTarget : FuzzTarget
{
    public override string Name => "ocsp-response";

    public override string Grammar => "D";

    public override int MaximumLength => OcspResponse.MaximumLength + 100;

    public override int TestExecutions => 100_000;

    public override IEnumerable<byte[]> MakeSeeds()
    {
        TestChain chain = TestCertificates.Shared(CertificateKind.EcdsaP256);
        DateTimeOffset now = new FakeTimeProvider().GetUtcNow();
        for (byte status = 1; status < 7; status++)
            yield return OcspResponseBuilder.Error(status);
        foreach (bool more in new[] { false, true })
        {
            yield return new OcspResponseBuilder(chain.Leaf, chain.Issuer, now) { SaysMoreThanNeeded = more }.Build();
            yield return new OcspResponseBuilder(chain.Leaf, chain.Issuer, now)
            {
                Statuses = [OcspResponseBuilder.Revoked, OcspResponseBuilder.Good, OcspResponseBuilder.Unknown],
                RevocationReason = 1,
                NamesResponderByKey = true,
                IdentifiesWithSha256 = true,
                SaysMoreThanNeeded = more,
            }.Build();
            var withChain = new OcspResponseBuilder(chain.Leaf, chain.Issuer, now) { CriticalExtensionIn = more ? "single" : null };
            withChain.Certificates.Add(chain.Leaf);
            withChain.Certificates.Add(chain.Issuer);
            yield return withChain.Build();
        }
    }

    public override Outcome Run(ReadOnlySpan<byte> input, Splitter splitter)
    {
        try
        {
            var response = OcspResponse.Read(input.ToArray());
            ulong feature = Mixer.Absorb(Mixer.Start, (uint)response.Status | ((ulong)response.Responses.Count << 8));
            feature = Mixer.Absorb(feature, (uint)response.Certificates.Count | (response.CriticalExtension is null ? 0 : 256ul));
            foreach (OcspSingleResponse single in response.Responses)
                feature = Mixer.Absorb(feature, (ulong)single.Status);
            return new Outcome(feature, 0, response.Status.ToString());
        }
        catch (AsnContentException exception)
        {
            return new Outcome(Mixer.AbsorbWords(Mixer.Start, exception.Message), 0, "refused");
        }
    }
}
