namespace SynHello.Http.Tests;

/// <summary>What is made once a process, and what if that fails.</summary>
public sealed class AsyncLazyTests
{
    [Fact]
    public async Task Failure_IsNotKept_AndAValueIs()
    {
        int attempts = 0;
        var lazy = new AsyncLazy<string>(() => attempts++ == 0
            ? Task.FromException<string>(new InvalidOperationException())
            : Task.FromResult("made"));

        await Assert.ThrowsAsync<InvalidOperationException>(() => lazy.Value);
        Assert.Equal("made", await lazy.Value);
        Assert.Equal("made", await lazy.Value);
        Assert.Equal(2, attempts);
    }

    [Fact]
    public void ValueThatIsBeingMade_IsMadeOnce()
    {
        int attempts = 0;
        var lazy = new AsyncLazy<string>(() =>
        {
            attempts++;
            return new TaskCompletionSource<string>().Task;
        });

        Assert.Same(lazy.Value, lazy.Value);
        Assert.Equal(1, attempts);
    }
}
