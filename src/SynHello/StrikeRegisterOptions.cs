using SynHello.Crypto;
using SynHello.Tls;

namespace SynHello;

/// <summary>What a <see cref="StrikeRegister"/> is made of. Read when the register is made; changes afterwards have no effect on it.</summary>
public sealed class StrikeRegisterOptions
{
    /// <summary>
    /// How many ClientHellos are remembered at most, 8 to 2^26, rounded up to a power of two; each takes 24 bytes, all of them
    /// allocated at once. 2^17 by default, 3 MiB: with an <see cref="SecureListenerOptions.EarlyDataWindow"/> of 10 seconds each
    /// is kept for 10 to 20, so that some 5,000 connections with early data a second find room; those beyond are served without it.
    /// </summary>
    public int Capacity { get; set; } = 1 << 17;

    /// <summary>The clock; the same one as that of the listener which asks.</summary>
    public TimeProvider TimeProvider { get; set; } = TimeProvider.System;

    /// <summary>The cryptography, and where the register's key and scope are drawn from.</summary>
    public TlsCryptoProvider CryptoProvider { get; set; } = DefaultCryptoProvider.Instance;
}
