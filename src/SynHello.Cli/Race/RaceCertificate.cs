namespace SynHello.Cli.Race;

/// <summary>What the servers of a race show.</summary>
internal enum RaceCertificate
{
    /// <summary>One ECDSA P-256 certificate that the client trusts as it is.</summary>
    SelfSigned,

    /// <summary>An ECDSA P-256 certificate with the intermediate that issued it.</summary>
    Ecdsa,

    /// <summary>An RSA certificate of 2048 bits with the intermediate that issued it.</summary>
    Rsa,
}
