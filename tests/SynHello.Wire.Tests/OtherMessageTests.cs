namespace SynHello.Wire.Tests;

public sealed class OtherMessageTests
{
    [Fact]
    public void ServerHello_ReadsNoExtensionOfAnOlderVersion()
    {
        // A TLS 1.2 server answers extensions whose place in TLS 1.3 is another message.
        byte[] body =
            [3, 3, .. Samples.Bytes(32, 1), 0, 0xc0, 0x2b, 0, 0, 9, 0, 16, 0, 5, 0, 3, 2, (byte)'h', (byte)'2'];
        ServerHello hello = ServerHello.Parse(body);
        Assert.Equal(ProtocolVersion.Tls12, hello.SelectedVersion);
        Assert.Equal(default, hello.Present);
        Assert.Equal(0xc02b, hello.CipherSuite.Value);
    }

    [Theory]
    [InlineData("002b00020304" + "00290001" + "00", TlsErrorCause.TruncatedMessage)]
    [InlineData("002b00020304" + "00290003" + "000000", TlsErrorCause.TrailingBytes)]
    [InlineData("002b00020304" + "5a5a0000", TlsErrorCause.UnsolicitedExtension)]
    [InlineData("002b00020304" + "002c0003" + "000101", TlsErrorCause.MisplacedExtension)]
    [InlineData("002b00020304" + "00100000", TlsErrorCause.MisplacedExtension)]
    [InlineData("002b00020304" + "002b00020304", TlsErrorCause.DuplicateExtension)]
    [InlineData("002b00020304" + "00330004" + "001d0000", TlsErrorCause.VectorLengthOutOfRange)]
    public void ServerHello_RefusesExtensions(string extensions, TlsErrorCause cause)
    {
        byte[] block = Convert.FromHexString(extensions);
        byte[] body = [3, 3, .. Samples.Bytes(32, 1), 0, 0x13, 1, 0, 0, (byte)block.Length, .. block];
        Refusal.Expect(cause, () => ServerHello.Parse(body));
    }

    [Fact]
    public void ServerHello_NamesTheIdentityItChose()
    {
        byte[] block = Convert.FromHexString("00290002" + "0102" + "002b00020304");
        byte[] body = [3, 3, .. Samples.Bytes(32, 1), 0, 0x13, 1, 0, 0, (byte)block.Length, .. block];
        ServerHello hello = ServerHello.Parse(body);
        Assert.True(hello.Present.Contains(ExtensionType.PreSharedKey));
        Assert.Equal(0x0102, hello.SelectedIdentity);
        Assert.Equal(body, Samples.Body(writer => ServerHello.Parse(body).Write(writer)));
    }

    [Fact]
    public void EncryptedExtensions_SayWhatBecameOfEarlyDataAndTickets()
    {
        byte[] body = Convert.FromHexString("0009" + "003a0001" + "05" + "002a0000");
        EncryptedExtensions extensions = EncryptedExtensions.Parse(body, Samples.EverythingOffered);
        Assert.True(extensions.Present.Contains(ExtensionType.EarlyData));
        Assert.Equal(5, extensions.ExpectedTicketCount);
        Assert.Equal(
            body, Samples.Body(writer => EncryptedExtensions.Parse(body, Samples.EverythingOffered).Write(writer)));
        Refusal.Expect(
            TlsErrorCause.TrailingBytes,
            () => EncryptedExtensions.Parse(Convert.FromHexString("0005" + "002a0001" + "00"), Samples.EverythingOffered));
    }

    [Fact]
    public void HelloRetryRequest_IsToldByItsRandom()
    {
        Assert.True(ServerHello.Parse(Samples.Bodies["HelloRetryRequest"]).IsHelloRetryRequest);
        Assert.False(ServerHello.Parse(Samples.Bodies["ServerHello"]).IsHelloRetryRequest);
        Assert.Equal(
            System.Security.Cryptography.SHA256.HashData("HelloRetryRequest"u8),
                ServerHello.HelloRetryRequestRandom.ToArray());
    }

    [Fact]
    public void EncryptedExtensions_RefusesWhatWasNotOffered()
    {
        byte[] body = Samples.Bodies["EncryptedExtensions"];
        ExtensionSet offered = default(ExtensionSet)
            .With(ExtensionType.ServerName)
            .With(ExtensionType.SupportedGroups)
            .With(ExtensionType.ApplicationLayerProtocolNegotiation);
        Refusal.Expect(TlsErrorCause.UnsolicitedExtension, () => EncryptedExtensions.Parse(body, offered));
        EncryptedExtensions.Parse(body, offered.With(ExtensionType.RecordSizeLimit));

        byte[] unknown = [0, 4, 0x5a, 0x5a, 0, 0];
        Refusal.Expect(
            TlsErrorCause.UnsolicitedExtension, () => EncryptedExtensions.Parse(unknown, Samples.EverythingOffered));
    }

    [Theory]
    [InlineData("001000050003026832", null)]
    [InlineData("0010000700050268320161", TlsErrorCause.TrailingBytes)] // two protocols
    [InlineData("001000030001" + "00", TlsErrorCause.VectorLengthOutOfRange)]
    [InlineData("0000000100", TlsErrorCause.TrailingBytes)] // server_name is acknowledged empty
    [InlineData("002b00020304", TlsErrorCause.MisplacedExtension)]
    public void EncryptedExtensions_RefusesForbiddenContent(string extensions, TlsErrorCause? cause)
    {
        byte[] block = Convert.FromHexString(extensions);
        Assert.Equal(
            cause, Refusal.Of(() => EncryptedExtensions.Parse([0, (byte)block.Length, .. block],
                Samples.EverythingOffered)));
    }

    [Fact]
    public void Certificate_GivesItsEntriesInOrder()
    {
        Certificate certificate = Certificate.Parse(Samples.Bodies["Certificate"], default);
        var entries = new List<byte[]>();
        foreach (CertificateEntry entry in certificate)
            entries.Add(entry.Der.ToArray());
        Assert.Equal([Samples.Bytes(70, 6), Samples.Bytes(50, 7)], entries);
        Assert.Equal(Samples.Bytes(3, 5), certificate.Context.ToArray());
        Assert.False(certificate.IsEmpty);
    }

    [Theory]
    [InlineData("00" + "000005" + "000000" + "0000", TlsErrorCause.VectorLengthOutOfRange)] // an empty certificate
    [InlineData("00" + "00000a" + "000001aa" + "0004" + "00050000", TlsErrorCause.UnsolicitedExtension)]
    [InlineData("00" + "00000a" + "000001aa" + "0004" + "002b0000", TlsErrorCause.MisplacedExtension)]
    [InlineData("00" + "000006" + "000001aa" + "0001", TlsErrorCause.TruncatedMessage)]
    [InlineData("00" + "000005" + "000003aabb", TlsErrorCause.TruncatedMessage)]
    public void Certificate_RefusesBadEntries(string body, TlsErrorCause cause) => Refusal.Expect(cause, () =>
    {
        foreach (CertificateEntry _ in Certificate.Parse(Convert.FromHexString(body), default))
        {
            // The walk refuses.
        }
    });

    [Fact]
    public void CertificateRequest_NeedsSignatureAlgorithms()
    {
        Refusal.Expect(TlsErrorCause.MissingExtension, () => CertificateRequest.Parse([0, 0, 4, 0, 48, 0, 0]));
        Refusal.Expect(TlsErrorCause.VectorLengthOutOfRange, () => CertificateRequest.Parse([0, 0, 0]));
        Refusal.Expect(TlsErrorCause.MisplacedExtension, () => CertificateRequest.Parse([0, 0, 4, 0, 16, 0, 0]));
    }

    [Fact]
    public void CertificateVerify_KeepsAnUnknownScheme() =>
        Assert.Equal(0x7a7a, CertificateVerify.Parse([0x7a, 0x7a, 0, 1, 9]).Algorithm.Value);

    [Fact]
    public void KeyUpdate_RefusesAnythingButZeroAndOne()
    {
        Assert.False(KeyUpdate.Parse([0]).UpdateRequested);
        Assert.True(KeyUpdate.Parse([1]).UpdateRequested);
        for (int value = 2; value < 256; value++)
            Refusal.Expect(TlsErrorCause.IllegalValue, () => KeyUpdate.Parse([(byte)value]));
    }

    [Fact]
    public void NewSessionTicket_NeedsATicket()
    {
        byte[] empty = [0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0];
        Refusal.Expect(TlsErrorCause.VectorLengthOutOfRange, () => NewSessionTicket.Parse(empty));
        byte[] withoutEarlyData = [0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 1, 9, 0, 0];
        Assert.Null(NewSessionTicket.Parse(withoutEarlyData).MaximumEarlyData);
        byte[] misplaced = [0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 1, 9, 0, 4, 0, 51, 0, 0];
        Refusal.Expect(TlsErrorCause.MisplacedExtension, () => NewSessionTicket.Parse(misplaced));
    }
}
