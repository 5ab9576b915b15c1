"""placeholder: owned by the learning helper"""
