namespace SynHello;

/// <summary>What became of the sessions in a <see cref="SessionIdCache"/>.</summary>
/// <param name="Count">How many are kept; some of them may have expired.</param>
/// <param name="Hits">How many were asked for and found.</param>
/// <param name="Misses">How many were asked for and not there.</param>
/// <param name="Evictions">How many gave way to newer ones before their time.</param>
/// <param name="Expirations">How many were dropped at the end of their time.</param>
public readonly record struct SessionIdCacheStatistics(int Count, long Hits, long Misses, long Evictions, long Expirations);
