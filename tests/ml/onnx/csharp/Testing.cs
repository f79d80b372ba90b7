// What the tests of app kits use of xunit 2.x and System.Text.Json, declared as it is published: enough to check types.

using System;
using System.Collections;
using System.Collections.Generic;

namespace Xunit
{
    [AttributeUsage(AttributeTargets.Method)]
    public class FactAttribute : Attribute
    {
    }

    public static class Assert
    {
        public static void Equal<T>(T expected, T actual) { throw null; }
        public static void Equal<T>(IEnumerable<T> expected, IEnumerable<T> actual) { throw null; }
        public static void True(bool condition, string userMessage) { throw null; }
    }
}

namespace System.Text.Json
{
    public sealed class JsonDocument : IDisposable
    {
        internal JsonDocument() { }

        public JsonElement RootElement { get { throw null; } }

        public static JsonDocument Parse(string json, JsonDocumentOptions options = default(JsonDocumentOptions)) { throw null; }
        public void Dispose() { throw null; }
    }

    public struct JsonDocumentOptions
    {
    }

    public struct JsonProperty
    {
        public string Name { get { throw null; } }
        public JsonElement Value { get { throw null; } }
    }

    public struct JsonElement
    {
        public JsonElement GetProperty(string propertyName) { throw null; }
        public double GetDouble() { throw null; }
        public int GetInt32() { throw null; }
        public ArrayEnumerator EnumerateArray() { throw null; }
        public ObjectEnumerator EnumerateObject() { throw null; }

        public struct ArrayEnumerator : IEnumerable<JsonElement>, IEnumerator<JsonElement>
        {
            public JsonElement Current { get { throw null; } }
            object IEnumerator.Current { get { throw null; } }
            public ArrayEnumerator GetEnumerator() { throw null; }
            IEnumerator<JsonElement> IEnumerable<JsonElement>.GetEnumerator() { throw null; }
            IEnumerator IEnumerable.GetEnumerator() { throw null; }
            public bool MoveNext() { throw null; }
            public void Reset() { throw null; }
            public void Dispose() { throw null; }
        }

        public struct ObjectEnumerator : IEnumerable<JsonProperty>, IEnumerator<JsonProperty>
        {
            public JsonProperty Current { get { throw null; } }
            object IEnumerator.Current { get { throw null; } }
            public ObjectEnumerator GetEnumerator() { throw null; }
            IEnumerator<JsonProperty> IEnumerable<JsonProperty>.GetEnumerator() { throw null; }
            IEnumerator IEnumerable.GetEnumerator() { throw null; }
            public bool MoveNext() { throw null; }
            public void Reset() { throw null; }
            public void Dispose() { throw null; }
        }
    }
}
