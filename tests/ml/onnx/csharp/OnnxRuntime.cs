// What app kits use of Microsoft.ML.OnnxRuntime 1.x, declared as it is published: enough to check types, not to run.

using System;
using System.Collections;
using System.Collections.Generic;

namespace Microsoft.ML.OnnxRuntime
{
    public class SessionOptions : IDisposable
    {
        public void Dispose() { throw null; }
    }

    public class InferenceSession : IDisposable
    {
        public InferenceSession(string modelPath) { throw null; }
        public InferenceSession(string modelPath, SessionOptions options) { throw null; }
        public InferenceSession(byte[] model) { throw null; }
        public InferenceSession(byte[] model, SessionOptions options) { throw null; }

        public IDisposableReadOnlyCollection<DisposableNamedOnnxValue> Run(
            IReadOnlyCollection<NamedOnnxValue> inputs) { throw null; }

        public IDisposableReadOnlyCollection<DisposableNamedOnnxValue> Run(
            IReadOnlyCollection<NamedOnnxValue> inputs, IReadOnlyCollection<string> outputNames) { throw null; }

        public void Dispose() { throw null; }
    }

    public interface IDisposableReadOnlyCollection<T> : IReadOnlyCollection<T>, IReadOnlyList<T>, IDisposable
    {
    }

    public class NamedOnnxValue
    {
        internal NamedOnnxValue() { }

        public string Name { get { throw null; } set { throw null; } }

        public static NamedOnnxValue CreateFromTensor<T>(string name, Tensors.Tensor<T> value) { throw null; }
        public Tensors.Tensor<T> AsTensor<T>() { throw null; }
        public IEnumerable<T> AsEnumerable<T>() { throw null; }
        public IDictionary<K, V> AsDictionary<K, V>() { throw null; }
    }

    public class DisposableNamedOnnxValue : NamedOnnxValue, IDisposable
    {
        internal DisposableNamedOnnxValue() { }

        public void Dispose() { throw null; }
    }
}

namespace Microsoft.ML.OnnxRuntime.Tensors
{
    public abstract class Tensor<T> : IReadOnlyList<T>
    {
        public ReadOnlySpan<int> Dimensions { get { throw null; } }
        public int Count { get { throw null; } }
        public T this[int index] { get { throw null; } }

        public virtual DenseTensor<T> ToDenseTensor() { throw null; }
        public IEnumerator<T> GetEnumerator() { throw null; }
        IEnumerator IEnumerable.GetEnumerator() { throw null; }
    }

    public class DenseTensor<T> : Tensor<T>
    {
        public DenseTensor(int length) { throw null; }
        public DenseTensor(ReadOnlySpan<int> dimensions, bool reverseStride = false) { throw null; }
        public DenseTensor(Memory<T> memory, ReadOnlySpan<int> dimensions, bool reverseStride = false) { throw null; }
    }
}
