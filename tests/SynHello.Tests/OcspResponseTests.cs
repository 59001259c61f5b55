using System.Formats.Asn1;
using System.Security.Cryptography.X509Certificates;

using SynHello.Testing;

using static SynHello.Tests.OcspSamples;

namespace SynHello.Tests;

/// <summary>How OCSP responses are read, whatever is in them.</summary>
public sealed class OcspResponseTests
{
    [Fact]
    public void Response_IsReadInFull()
    {
        OcspResponseBuilder builder = SignedBy(Responder());
        builder.Statuses = [OcspResponseBuilder.Revoked];
        builder.RevocationReason = (int)X509RevocationReason.Superseded;

        OcspResponse response = OcspResponse.Read(builder.Build());

        Assert.Equal(OcspResponseStatus.Successful, response.Status);
        Assert.Equal(builder.Certificates[0].SubjectName.RawData, response.ResponderName!.Value.ToArray());
        Assert.Null(response.ResponderKeyHash);
        Assert.Equal(builder.ThisUpdate, response.ProducedAt);
        Assert.Equal(builder.Certificates[0].RawData, Assert.Single(response.Certificates).ToArray());
        OcspSingleResponse single = Assert.Single(response.Responses);
        Assert.Equal(OcspCertificateStatus.Revoked, single.Status);
        Assert.Equal(builder.RevokedAt, single.RevokedAt);
        Assert.Equal(X509RevocationReason.Superseded, single.RevocationReason);
        Assert.Equal(builder.NextUpdate, single.NextUpdate);
        Assert.Equal(Chain.Leaf.SerialNumberBytes.ToArray(), single.CertificateId.SerialNumber.ToArray());
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    [InlineData(5)]
    [InlineData(6)]
    public void ResponderError_ProvesNothing(byte status)
    {
        byte[] error = OcspResponseBuilder.Error(status);

        Assert.Equal((OcspResponseStatus)status, OcspResponse.Read(error).Status);
        Assert.Equal(RevocationProblem.ResponderError, Verify(error).Problem);
    }

    [Theory]
    [InlineData(0)] // successful, and nothing behind it
    [InlineData(4)]
    [InlineData(7)]
    [InlineData(0x80)]
    public void OtherStatus_IsMalformed(byte status) =>
        Assert.Equal(RevocationProblem.Malformed, Verify(OcspResponseBuilder.Error(status)).Problem);

    [Fact]
    public void CutResponse_IsMalformedWhereverItIsCut()
    {
        byte[] response = SignedBy(Responder()).Build();
        for (int length = 0; length < response.Length; length++)
            Assert.Equal(RevocationProblem.Malformed, Verify(response[..length]).Problem);
    }

    [Fact]
    public void BytesBehindTheResponse_AreMalformed() =>
        Assert.Equal(RevocationProblem.Malformed, Verify([.. Response().Build(), 0]).Problem);

    /// <summary>The lengths around it are put right, so that what is cut is the inside.</summary>
    [Fact]
    public void CutBasicResponse_IsMalformedWhereverItIsCut()
    {
        byte[] response = SignedBy(Responder()).Build();
        byte[] basic = BasicOf(response);
        Assert.Equal(RevocationStatus.Good, Verify(Wrap(basic)).Status);
        for (int length = 0; length < basic.Length; length++)
            Assert.Equal(RevocationProblem.Malformed, Verify(Wrap(basic[..length])).Problem);
        Assert.Equal(RevocationProblem.Malformed, Verify(Wrap([.. basic, 0])).Problem);
    }

    /// <summary>Whatever bit is flipped on its way, no response comes to say something else than was signed.</summary>
    [Theory]
    [InlineData(OcspResponseBuilder.Good, false)]
    [InlineData(OcspResponseBuilder.Revoked, false)]
    [InlineData(OcspResponseBuilder.Unknown, false)]
    [InlineData(OcspResponseBuilder.Good, true)]
    [InlineData(OcspResponseBuilder.Revoked, true)]
    public void FlippedBit_ChangesNoStatement(string status, bool isDelegated)
    {
        OcspResponseBuilder builder = isDelegated ? SignedBy(Responder()) : Response();
        builder.Statuses = [status];
        byte[] response = builder.Build();
        int taken = 0;
        for (int bit = 0; bit < response.Length * 8; bit++)
        {
            response[bit / 8] ^= (byte)(1 << (bit % 8));
            RevocationVerdict verdict = Verify(response);
            response[bit / 8] ^= (byte)(1 << (bit % 8));
            if (verdict.Status == RevocationStatus.Unproven)
                continue;
            taken++;
            Assert.Equal(Verify(response), verdict);
        }

        // Nothing of a response stands outside of a signature but what has one form only.
        Assert.Equal(0, taken);
    }

    [Fact]
    public void ResponseOfAnyLength_IsBounded()
    {
        OcspResponseBuilder builder = Response();
        for (int i = 0; i < 8; i++)
            builder.Certificates.Add(Chain.Leaf);
        Assert.Equal(RevocationStatus.Good, Verify(builder.Build()).Status);

        builder.Certificates.Add(Chain.Leaf);
        Assert.Equal(RevocationProblem.Malformed, Verify(builder.Build()).Problem);

        builder = Response();
        builder.Statuses = [.. Enumerable.Repeat(OcspResponseBuilder.Good, 250)];
        byte[] large = builder.Build();
        Assert.True(large.Length > OcspResponse.MaximumLength);
        Assert.Equal(RevocationProblem.Malformed, Verify(large).Problem);
    }

    [Fact]
    public void ManyStatementsAboutOthers_AreReadWithoutHarm()
    {
        OcspResponseBuilder builder = Response();
        builder.Statuses = [.. Enumerable.Repeat(OcspResponseBuilder.Good, 100)];

        Assert.Equal(RevocationStatus.Good, Verify(builder.Build()).Status);
    }

    [Fact]
    public void Request_NamesTheCertificateWithoutANonce()
    {
        var reader = new AsnReader(OcspRequest.For(Chain.Leaf, Chain.Issuer), AsnEncodingRules.DER);
        AsnReader contents = reader.ReadSequence();
        reader.ThrowIfNotEmpty();
        AsnReader toBeSigned = contents.ReadSequence();
        contents.ThrowIfNotEmpty();
        AsnReader list = toBeSigned.ReadSequence();
        toBeSigned.ThrowIfNotEmpty();
        AsnReader request = list.ReadSequence();
        list.ThrowIfNotEmpty();
        OcspCertificateId id = OcspCertificateId.Read(request);
        request.ThrowIfNotEmpty();

        Assert.Equal("1.3.14.3.2.26", id.HashAlgorithm);
        Assert.True(id.Matches(Chain.Leaf, Chain.Issuer));
        Assert.False(id.Matches(RsaChain.Leaf, Chain.Issuer));
        Assert.False(id.Matches(Chain.Leaf, RsaChain.Issuer));
    }

    private static byte[] BasicOf(byte[] response)
    {
        AsnReader reader = new AsnReader(response, AsnEncodingRules.DER).ReadSequence();
        reader.ReadEncodedValue();
        AsnReader typed = reader.ReadSequence(new Asn1Tag(TagClass.ContextSpecific, 0, isConstructed: true)).ReadSequence();
        typed.ReadObjectIdentifier();
        return typed.ReadOctetString();
    }

    private static byte[] Wrap(byte[] basic)
    {
        var writer = new AsnWriter(AsnEncodingRules.DER);
        using (writer.PushSequence())
        {
            writer.WriteEncodedValue([0x0A, 1, 0]);
            using (writer.PushSequence(new Asn1Tag(TagClass.ContextSpecific, 0, isConstructed: true)))
            using (writer.PushSequence())
            {
                writer.WriteObjectIdentifier("1.3.6.1.5.5.7.48.1.1");
                writer.WriteOctetString(basic);
            }
        }

        return writer.Encode();
    }
}
