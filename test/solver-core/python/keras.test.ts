import { describe, expect, test } from 'vitest';
import { layersOfNodes } from '../../../solver-core/python/index.ts';
import { analysePython } from '../../../solver-core/python/index.ts';

const sizes = (text: string): readonly (readonly [string, string, number | null])[] =>
  analysePython(text).layers.map((layer) => [layer.name, layer.instance.type, layer.facts.parameters]);

const macs = (text: string): readonly (number | null)[] =>
  analysePython(text).layers.map(({ facts }) => (facts.node === null ? null : (layersOfNodes([facts.node])[0]?.macs ?? null)));

/** Keras' own example "Simple MNIST convnet"; parameters as its summary prints them. */
const convnet = `
import keras
from keras import layers
num_classes = 10
input_shape = (28, 28, 1)
model = keras.Sequential(
    [
        keras.Input(shape=input_shape),
        layers.Conv2D(32, kernel_size=(3, 3), activation="relu"),
        layers.MaxPooling2D(pool_size=(2, 2)),
        layers.Conv2D(64, kernel_size=(3, 3), activation="relu"),
        layers.MaxPooling2D(pool_size=(2, 2)),
        layers.Flatten(),
        layers.Dropout(0.5),
        layers.Dense(num_classes, activation="softmax"),
    ]
)
`;

describe('Keras sources', () => {
  test('the parameters of a published summary, and multiply-adds counted by hand', () => {
    expect(sizes(convnet)).toEqual([
      ['conv2d', 'Conv2D', 320],
      ['conv2d_1', 'Conv2D', 18_496],
      ['dense', 'Dense', 16_010],
    ]);
    expect(macs(convnet)).toEqual([26 * 26 * 32 * 9, 11 * 11 * 64 * 9 * 32, 1600 * 10]);
  });

  test('the functional style, with names and branches', () => {
    const text = `
from tensorflow import keras
from tensorflow.keras import layers
def build(hidden=64):
    inputs = keras.Input(shape=(784,))
    x = layers.Dense(hidden, activation="relu", name="fc1")(inputs)
    y = layers.Dense(hidden)(x)
    z = layers.Concatenate()([x, y])
    z = layers.BatchNormalization()(z)
    outputs = layers.Dense(units=10, use_bias=False)(z)
    return keras.Model(inputs=inputs, outputs=outputs)
model = build()
`;
    expect(sizes(text)).toEqual([
      ['fc1', 'Dense', 784 * 64 + 64],
      ['dense', 'Dense', 64 * 64 + 64],
      ['dense_1', 'Dense', 128 * 10],
    ]);
    expect(new Set(analysePython(text).layers.map(({ model }) => model))).toEqual(new Set(['model']));
  });

  test('add, input_shape, recurrent layers and depthwise convolutions', () => {
    const text = `
from tensorflow.keras.models import Sequential
from tensorflow.keras.layers import Dense, LSTM, GRU, SimpleRNN
import tensorflow as tf
net = Sequential()
net.add(LSTM(32, return_sequences=True, input_shape=(16, 8)))
net.add(GRU(12, return_sequences=True))
net.add(SimpleRNN(5))
net.add(Dense(3))
mobile = tf.keras.Sequential()
mobile.add(tf.keras.layers.InputLayer(input_shape=(32, 32, 3)))
mobile.add(tf.keras.layers.DepthwiseConv2D(3, strides=2, padding="same", depth_multiplier=2))
mobile.add(tf.keras.layers.SeparableConv2D(8, 3))
mobile.add(tf.keras.layers.GlobalAveragePooling2D())
mobile.add(tf.keras.layers.Dense(4))
`;
    expect(sizes(text)).toEqual([
      ['lstm', 'LSTM', 4 * (32 * (8 + 32) + 32)],
      ['gru', 'GRU', 3 * (12 * (32 + 12) + 2 * 12)],
      ['simple_rnn', 'SimpleRNN', 5 * (12 + 5) + 5],
      ['dense', 'Dense', 5 * 3 + 3],
      ['depthwise_conv2d', 'DepthwiseConv2D', 9 * 3 * 2 + 6],
      ['separable_conv2d', 'SeparableConv2D', 9 * 6 + 6 * 8 + 8],
      ['dense', 'Dense', 8 * 4 + 4],
    ]);
    expect(macs(text)).toEqual([16 * 4 * 32 * 40, 16 * 3 * 12 * 44, 16 * 5 * 17, 15, 16 * 16 * 6 * 9, null, 32]);
  });

  test('subclasses keep the names of their attributes', () => {
    const text = `
import tensorflow as tf
class Net(tf.keras.Model):
    def __init__(self, units=7):
        super().__init__()
        self.first = tf.keras.layers.Dense(units)
        self.second = tf.keras.layers.Dense(2, name="out")
        self.many = [tf.keras.layers.Dense(3) for _ in range(2)]
    def call(self, x):
        return self.second(self.first(x))
`;
    expect(sizes(text).map(([name]) => name)).toEqual(['first', 'out', 'dense_1', 'dense_2']);
    expect(sizes(text).map(([, , parameters]) => parameters)).toEqual([null, null, null, null]);
  });

  test('residual blocks: what functions and layers join, and shapes that are asked for', () => {
    const text = `
import keras
from keras import layers
def block(x, filters, stride, name):
    shortcut = x
    x = layers.Conv2D(filters, 3, strides=stride, padding="same", use_bias=False, name=name + "_a")(x)
    x = layers.BatchNormalization()(x)
    if stride != 1 or shortcut.shape[-1] != filters:
        shortcut = layers.Conv2D(filters, 1, strides=stride, use_bias=False, name=f"{name}_p")(shortcut)
    return layers.add([x, shortcut])
inputs = keras.Input((8, 8, 4))
x = block(inputs, 4, 1, "s0")
x = block(x, 6, 2, "s1")
scale = layers.Dense(6, name="gate")(layers.GlobalAveragePooling2D()(x))
x = layers.Multiply()([layers.Reshape((1, 1, 6))(scale), x])
x = layers.concatenate([x, x], axis=3)
x = layers.Concatenate(axis=1)([x, x])
x = layers.Conv2D(2, 1, name="unknown")(x)
model = keras.Model(inputs, x)
`;
    expect(sizes(text)).toEqual([
      ['s0_a', 'Conv2D', 9 * 4 * 4],
      ['s1_a', 'Conv2D', 9 * 4 * 6],
      ['s1_p', 'Conv2D', 4 * 6],
      ['gate', 'Dense', 6 * 6 + 6],
      ['unknown', 'Conv2D', null],
    ]);
    const joined = text.replace(/^x = layers.Concatenate.*$/m, '');
    expect(sizes(joined).at(-1)).toEqual(['unknown', 'Conv2D', 12 * 2 + 2]);
    expect(macs(joined).at(-1)).toBe(4 * 4 * 12 * 2);
  });

  test.each([
    ['a width that is read from somewhere', 'layers.Dense(config["units"])'],
    ['a width that depends on a condition', 'layers.Dense(3 if flag else 4)'],
    ['an argument from a list that is not known', 'layers.Dense(*sizes)'],
  ])('no guess: %s', (_name, call) => {
    const text = `from keras import layers\nimport keras\nfrom here import config, flag, sizes\nm = keras.Sequential([keras.Input((4,)), ${call}])\n`;
    expect(sizes(text).map(([, , parameters]) => parameters)).toEqual([null]);
  });
});
