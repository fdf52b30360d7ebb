using System;

namespace Xunit;

/// <summary>Something is not as the test says.</summary>
internal sealed class AssertionException(string message) : Exception(message);
