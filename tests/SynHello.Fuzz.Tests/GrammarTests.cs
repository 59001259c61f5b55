namespace SynHello.Fuzz.Tests;

/// <summary>What the mutator knows of the form of an input.</summary>
public sealed class GrammarTests
{
    [Fact]
    public void Scan_FindsVectorsAndTheirElements()
    {
        byte[] input = [7, 0, 6, 0, 10, 0, 2, 0, 29];
        var structure = new Structure();
        GrammarScanner.Scan(input, "1,w(X)", structure);
        Assert.Equal([new(1, 2, 9), new(5, 2, 9)], structure.Vectors);
        Assert.Contains(new Structure.Element(3, 9, 0), structure.Elements);
    }

    [Fact]
    public void Scan_LeavesAloneWhatDoesNotFit()
    {
        var structure = new Structure();
        GrammarScanner.Scan([0, 9, 1], "w(2)", structure);
        Assert.Empty(structure.Vectors);
        GrammarScanner.Scan([], "2,F", structure);
        Assert.Empty(structure.Elements);
    }

    [Fact]
    public void Scan_FollowsFlightsToTheExtensionsOfAMessage()
    {
        byte[] message = [8, 0, 0, 10, 0, 8, 0, 42, 0, 0, 0, 16, 0, 0];
        byte[] record = [22, 3, 3, 0, (byte)message.Length, .. message];
        byte[] input = [0, 0, 0, (byte)record.Length, .. record];
        var structure = new Structure();
        GrammarScanner.Scan(input, "2,F", structure);
        Assert.Contains(new Structure.Vector(13, 2, input.Length), structure.Vectors);
        Assert.Equal(5, structure.Elements.Count); // flight, record, message, two extensions
    }

    /// <summary>What is cut out or put in keeps every length around it right, unless a length is what is changed.</summary>
    [Fact]
    public void Mutate_OftenKeepsLengthsRight()
    {
        byte[] seed = [0, 10, 0, 2, 1, 2, 0, 4, 1, 2, 3, 4];
        var mutator = new Mutator("w(w)", 1000);
        var structure = new Structure();
        int right = 0, changed = 0;
        for (int i = 0; i < 1000; i++)
        {
            byte[] mutated = mutator.Mutate(seed, seed, FuzzRandom.For(1, i));
            if (mutated.Length == seed.Length)
                continue;
            changed++;
            GrammarScanner.Scan(mutated, "w(w)", structure);
            if (structure.Vectors.Count > 0 && structure.Vectors[0].End == mutated.Length)
                right++;
        }

        Assert.True(changed > 300 && right > changed / 3, $"{right} of {changed}");
    }

    /// <summary>Lists get long, and nothing stands in them twice: limits are reached that doubles would hide.</summary>
    [Fact]
    public void Mutate_MakesLongListsOfDifferentElements()
    {
        byte[] seed = [0, 4, 0, 29, 0, 23];
        var mutator = new Mutator("w(2)", 1000);
        int longest = 0;
        for (int i = 0; i < 20_000; i++)
        {
            byte[] mutated = mutator.Mutate(seed, seed, FuzzRandom.For(1, i));
            ushort[] codes = [.. mutated.Skip(2).Chunk(2).Where(code => code.Length == 2).Select(code => (ushort)((code[0] << 8) | code[1]))];
            bool isRight = mutated.Length > 2 && (mutated[0] << 8) + mutated[1] == mutated.Length - 2;
            if (isRight && codes.Distinct().Count() == codes.Length)
                longest = Math.Max(longest, codes.Length);
        }

        Assert.True(longest > 20, $"{longest}");
    }
}
