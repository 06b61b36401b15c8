"""The phone or edge box: recognises photos, keeps features and feedback, uploads them, and swaps better heads in.

Imports ``contract`` and never TensorFlow, Keras or boto3.
"""
