namespace SynHello.Cli;

/// <summary>Records of AES-128-GCM, sealed and opened by libcrypto alone, in place. Not thread-safe.</summary>
internal sealed class BareRecords : IDisposable
{
    private const int TagLength = 16;

    private readonly nint _sealing = BareLibcrypto.EVP_CIPHER_CTX_new();
    private readonly nint _opening = BareLibcrypto.EVP_CIPHER_CTX_new();
    private readonly byte[] _nonce = new byte[12];
    private readonly byte[] _header = new byte[5];
    private readonly byte[] _content;
    private readonly byte[] _sealed;
    private readonly byte[] _opened;
    private readonly byte[] _tag = new byte[TagLength];
    private readonly byte[] _receivedTag = new byte[TagLength];

    /// <param name="length">How much content a record has.</param>
    public BareRecords(int length)
    {
        _content = new byte[length + 1]; // and its content type
        _sealed = new byte[_content.Length];
        _opened = new byte[_content.Length];
        byte[] key = new byte[16];
        nint cipher = BareLibcrypto.EVP_aes_128_gcm();
        BareCryptography.Check(
            BareLibcrypto.EVP_CipherInit_ex(_sealing, cipher, 0, key, _nonce, 1) == 1
            && BareLibcrypto.EVP_CipherInit_ex(_opening, cipher, 0, key, _nonce, 0) == 1);
        Seal();
        _tag.CopyTo(_receivedTag, 0);
        Open();
    }

    public void Seal() => BareCryptography.Check(
        BareLibcrypto.EVP_CipherInit_ex(_sealing, 0, 0, [], _nonce, 1) == 1
        && BareLibcrypto.EVP_CipherUpdate(_sealing, [], out _, _header, _header.Length) == 1
        && BareLibcrypto.EVP_CipherUpdate(_sealing, _sealed, out _, _content, _content.Length) == 1
        && BareLibcrypto.EVP_CipherFinal_ex(_sealing, _tag, out _) == 1
        && BareLibcrypto.EVP_CIPHER_CTX_ctrl(_sealing, BareLibcrypto.AeadGetTag, TagLength, _tag) == 1);

    public void Open() => BareCryptography.Check(
        BareLibcrypto.EVP_CipherInit_ex(_opening, 0, 0, [], _nonce, 0) == 1
        && BareLibcrypto.EVP_CIPHER_CTX_ctrl(_opening, BareLibcrypto.AeadSetTag, TagLength, _receivedTag) == 1
        && BareLibcrypto.EVP_CipherUpdate(_opening, [], out _, _header, _header.Length) == 1
        && BareLibcrypto.EVP_CipherUpdate(_opening, _opened, out _, _sealed, _sealed.Length) == 1
        && BareLibcrypto.EVP_CipherFinal_ex(_opening, _tag, out _) == 1);

    public void Dispose()
    {
        BareLibcrypto.EVP_CIPHER_CTX_free(_sealing);
        BareLibcrypto.EVP_CIPHER_CTX_free(_opening);
    }
}
